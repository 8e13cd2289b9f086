/**
 * The environment read through the table in config-table.ts: a typed Config, or all problems at once.
 * Pure: the environment is handed in; bin/load-config.ts is where it comes from.
 */
import { settings } from './config-table.ts'
import type { Setting, Settings } from './config-table.ts'
import { Secret } from './secret.ts'

type Read = { [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never }

/** Settings whose default is computed from other settings. */
type Computed =
  'publicUrl' | 'temporalAddress' | 'databaseUrl' | 'cacheDir' | 'vendors' | keyof typeof vendorUrls.real

export type Config = Omit<Read, Computed> & { [K in Computed]: Exclude<Read[K], undefined> } & {
  /** True when TEMPORAL_ADDRESS is not set: the launcher runs a dev server, and its Web UI is ours to link to. */
  ownsTemporal: boolean
  temporalUiUrl: string
  /** DATABASE_URL as a path, absolute or relative to the working folder. */
  databasePath: string
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: string[] }

export const vendorUrls = {
  real: {
    statsigEventsUrl: 'https://events.statsigapi.net/v1',
    statsigConsoleUrl: 'https://statsigapi.net/console/v1',
    segmentTrackingUrl: 'https://api.segment.io/v1',
    segmentCdnUrl: 'https://cdn.segment.com/v1',
    segmentApiUrl: 'https://api.segmentapis.com',
    segmentOauthAuthorizeUrl: 'https://id.segmentapis.com/oauth2/auth',
    segmentOauthTokenUrl: 'https://id.segmentapis.com/oauth2/token',
  },
  sandbox: {
    statsigEventsUrl: '/v1',
    statsigConsoleUrl: '/console/v1',
    segmentTrackingUrl: '/v1',
    segmentCdnUrl: '/v1',
    segmentApiUrl: '',
    segmentOauthAuthorizeUrl: '/oauth2/auth',
    segmentOauthTokenUrl: '/oauth2/token',
  },
} as const

const urlKeys = Object.keys(vendorUrls.real) as (keyof typeof vendorUrls.real)[]
const vendorHosts = /(^|\.)(statsigapi\.net|statsig\.com|segment\.io|segment\.com|segmentapis\.com)$/

function readAll(env: Record<string, string | undefined>): { values: Read; problems: string[] } {
  const problems: string[] = []
  const values: Partial<Record<keyof Settings, unknown>> = {}
  const rows = Object.entries(settings) as [keyof Settings, Setting<unknown>][]
  for (const [key, { name, kind, default: byDefault }] of rows) {
    const text = env[name]?.trim() || byDefault
    if (text === undefined) continue
    const read = kind.schema.safeParse(text)
    if (read.success) values[key] = read.data
    else {
      // Neither a secret nor the password of a URL may be repeated in an error.
      const shown = kind.label === 'secret' || text.includes('@') ? '' : `; it is '${text}'`
      problems.push(`${name} must be ${kind.wants}${shown}.`)
    }
  }
  return { values: values as Read, problems }
}

function endpoints(values: Read, vendors: 'sandbox' | 'real'): Record<(typeof urlKeys)[number], string> {
  const origin = `http://127.0.0.1:${values.sandboxPort}`
  const entries = urlKeys.map((key) => {
    const standard = vendors === 'real' ? vendorUrls.real[key] : `${origin}${vendorUrls.sandbox[key]}`
    return [key, values[key] ?? standard] as const
  })
  const urls = Object.fromEntries(entries) as Record<(typeof urlKeys)[number], string>
  // A tracking API that is not Segment's is asked for its own settings.
  const isOwn = !vendorHosts.test(new URL(urls.segmentTrackingUrl).hostname)
  return isOwn ? { ...urls, segmentCdnUrl: values.segmentCdnUrl ?? urls.segmentTrackingUrl } : urls
}

function complete(values: Read, home: string, vendorsByDefault: 'sandbox' | 'real'): Config {
  const named = urlKeys.some((key) => values[key] !== undefined)
  const vendors = values.vendors ?? (named ? 'real' : vendorsByDefault)
  const sandboxApp =
    vendors === 'sandbox'
      ? { segmentOauthClientId: 'sandbox-client', segmentOauthClientSecret: new Secret('sandbox-secret') }
      : {}
  const databaseUrl = values.databaseUrl ?? `file:${values.dataDir}/causeway.db`
  return {
    ...sandboxApp,
    ...values,
    ...endpoints(values, vendors),
    vendors,
    databaseUrl,
    databasePath: databaseUrl.replace(/^file:(\/\/(?=\/))?/, ''),
    publicUrl: values.publicUrl ?? `http://127.0.0.1:${values.port}`,
    temporalAddress: values.temporalAddress ?? `127.0.0.1:${values.temporalPort}`,
    ownsTemporal: values.temporalAddress === undefined,
    temporalUiUrl: `http://127.0.0.1:${values.temporalUiPort}`,
    cacheDir: values.cacheDir ?? `${home}/.cache/causeway`,
  }
}

function contradictions(config: Config): string[] {
  const problems: string[] = []
  const ports = new Map<number, string>([[config.port, 'PORT']])
  const others: [number, string, boolean][] = [
    [config.sandboxPort, 'SANDBOX_PORT', config.vendors === 'sandbox'],
    [config.temporalPort, 'TEMPORAL_PORT', config.ownsTemporal],
    [config.temporalUiPort, 'TEMPORAL_UI_PORT', config.ownsTemporal],
  ]
  for (const [port, name, used] of others) {
    const taken = ports.get(port)
    if (used && taken !== undefined) problems.push(`${taken} and ${name} are both ${port}; they must differ.`)
    if (used) ports.set(port, name)
  }
  if (config.lateAfterMs > config.tooOldAfterMs)
    problems.push('LATE_AFTER must not be longer than TOO_OLD_AFTER.')
  for (const key of config.vendors === 'sandbox' ? urlKeys : [])
    if (vendorHosts.test(new URL(config[key]).hostname))
      problems.push(
        `${settings[key].name} is a real vendor's address, but CAUSEWAY_VENDORS is sandbox: drop one of them.`,
      )
  return problems
}

/**
 * The configuration, or every problem with it at once. `vendorsByDefault` is what holds when neither
 * CAUSEWAY_VENDORS nor a vendor URL is set: `real`, but `sandbox` for `npm start`. HOME places the cache folder.
 */
export function parseConfig(
  env: Record<string, string | undefined>,
  { vendorsByDefault = 'real' }: { vendorsByDefault?: 'sandbox' | 'real' } = {},
): ConfigResult {
  const { values, problems } = readAll(env)
  const home = env.HOME?.trim()
  if (!home && values.cacheDir === undefined)
    problems.push('CAUSEWAY_CACHE_DIR must be set where HOME is not.')
  if (problems.length > 0) return { ok: false, problems }
  const config = complete(values, home ?? '', vendorsByDefault)
  const wrong = contradictions(config)
  return wrong.length > 0 ? { ok: false, problems: wrong } : { ok: true, config }
}
