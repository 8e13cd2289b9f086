import { inspect } from 'node:util'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { configDoc, envExample } from '../../core/config-doc.ts'
import { settings } from '../../core/config-table.ts'
import { parseConfig } from '../../core/config.ts'
import type { Config } from '../../core/config.ts'
import { Secret } from '../../core/secret.ts'

const read = (env: Record<string, string> = {}, vendorsByDefault: 'sandbox' | 'real' = 'real'): Config => {
  const result = parseConfig({ HOME: '/home/ada', ...env }, { vendorsByDefault })
  if (!result.ok) throw new Error(result.problems.join('\n'))
  return result.config
}
const problemsOf = (env: Record<string, string>, vendorsByDefault: 'sandbox' | 'real' = 'real'): string[] => {
  const result = parseConfig({ HOME: '/home/ada', ...env }, { vendorsByDefault })
  return result.ok ? [] : result.problems
}

describe('parseConfig', () => {
  it('has a default for everything', () => {
    expect(read()).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      sandboxPort: 3100,
      publicUrl: 'http://127.0.0.1:3000',
      trustedProxies: [],
      temporalAddress: '127.0.0.1:7233',
      ownsTemporal: true,
      temporalUiUrl: 'http://127.0.0.1:8233',
      databaseUrl: 'file:.data/causeway.db',
      databasePath: '.data/causeway.db',
      cacheDir: '/home/ada/.cache/causeway',
      lateAfterMs: 3_600_000,
      tooOldAfterMs: 604_800_000,
      retentionDays: 14,
      logLevel: 'info',
    })
  })

  it('computes what depends on other settings', () => {
    const config = read({
      PORT: '4000',
      DATA_DIR: '/var/lib/causeway',
      TEMPORAL_PORT: '7300',
      TEMPORAL_UI_PORT: '8300',
    })
    expect(config).toMatchObject({
      publicUrl: 'http://127.0.0.1:4000',
      databasePath: '/var/lib/causeway/causeway.db',
      temporalAddress: '127.0.0.1:7300',
      temporalUiUrl: 'http://127.0.0.1:8300',
    })
  })

  it('takes a Temporal server of the operator for not ours to start', () => {
    expect(read({ TEMPORAL_ADDRESS: 'temporal.internal:7233' })).toMatchObject({
      temporalAddress: 'temporal.internal:7233',
      ownsTemporal: false,
    })
  })

  it.each([
    ['250', 250],
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
  ])('reads the duration %s as %d ms', (text, ms) => {
    expect(read({ LATE_AFTER: text }).lateAfterMs).toBe(ms)
  })

  it.each([
    ['file:relative.db', 'relative.db'],
    ['file:/srv/causeway.db', '/srv/causeway.db'],
    ['file:///srv/causeway.db', '/srv/causeway.db'],
  ])('reads the database %s as the path %s', (url, path) => {
    expect(read({ DATABASE_URL: url }).databasePath).toBe(path)
  })

  it('reads lists by comma and drops the slash at the end of a URL', () => {
    const config = read({
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      ARCHIVE_DIRS: '/a,/b',
      PUBLIC_URL: 'https://c.example/',
    })
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '::1'])
    expect(config.archiveDirs).toEqual(['/a', '/b'])
    expect(config.publicUrl).toBe('https://c.example')
  })

  it('counts an empty or blank variable as not set', () => {
    expect(read({ PORT: '', HOST: '  ' })).toMatchObject({ port: 3000, host: '127.0.0.1' })
  })

  it('lists every problem at once, each with its name', () => {
    const problems = problemsOf({
      PORT: '70000',
      LATE_AFTER: '1y',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'postgres://db',
    })
    expect(problems.map((text) => text.split(' ')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'LATE_AFTER',
      'LOG_LEVEL',
    ])
    expect(problems[0]).toBe("PORT must be a whole number from 1 to 65535; it is '70000'.")
  })

  it.each([
    ['PORT', '0'],
    ['PORT', '3000.5'],
    ['RETENTION_DAYS', '0'],
    ['PUBLIC_URL', 'causeway.example'],
    ['PUBLIC_URL', 'ftp://causeway.example'],
    ['PUBLIC_URL', 'https://ada:pw@causeway.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/8,example.com'],
    ['ARCHIVE_DIRS', 'relative'],
    ['DATABASE_URL', 'file::memory:'],
    ['TEMPORAL_ADDRESS', 'temporal.internal'],
    ['CAUSEWAY_VENDORS', 'Sandbox'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} must be `)])
  })

  it('refuses ports that meet, but only where both are used', () => {
    expect(problemsOf({ PORT: '7233' })).toEqual(['PORT and TEMPORAL_PORT are both 7233; they must differ.'])
    expect(problemsOf({ PORT: '7233', TEMPORAL_ADDRESS: 'temporal.internal:7233' })).toEqual([])
    expect(problemsOf({ PORT: '3100' })).toEqual([])
    expect(problemsOf({ PORT: '3100' }, 'sandbox')).toHaveLength(1)
  })

  it('refuses a late lane that begins after the age at which messages are not sent', () => {
    expect(problemsOf({ LATE_AFTER: '8d' })).toEqual(['LATE_AFTER must not be longer than TOO_OLD_AFTER.'])
  })

  it('asks for the cache folder where there is no home', () => {
    expect(parseConfig({})).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('CAUSEWAY_CACHE_DIR')],
    })
    expect(parseConfig({ CAUSEWAY_CACHE_DIR: '/cache' })).toMatchObject({
      ok: true,
      config: { cacheDir: '/cache' },
    })
  })
})

describe('vendors', () => {
  it('are real for a process started by itself, with the vendors addresses', () => {
    expect(read()).toMatchObject({
      vendors: 'real',
      statsigEventsUrl: 'https://events.statsigapi.net/v1',
      statsigConsoleUrl: 'https://statsigapi.net/console/v1',
      segmentTrackingUrl: 'https://api.segment.io/v1',
      segmentCdnUrl: 'https://cdn.segment.com/v1',
      segmentApiUrl: 'https://api.segmentapis.com',
    })
  })

  it('are the sandbox for npm start, at its port', () => {
    expect(read({ SANDBOX_PORT: '3200' }, 'sandbox')).toMatchObject({
      vendors: 'sandbox',
      statsigEventsUrl: 'http://127.0.0.1:3200/v1',
      statsigConsoleUrl: 'http://127.0.0.1:3200/console/v1',
      segmentTrackingUrl: 'http://127.0.0.1:3200/v1',
      segmentCdnUrl: 'http://127.0.0.1:3200/v1',
      segmentApiUrl: 'http://127.0.0.1:3200',
      segmentOauthTokenUrl: 'http://127.0.0.1:3200/oauth2/token',
    })
  })

  it.each([
    'STATSIG_EVENTS_URL',
    'STATSIG_CONSOLE_URL',
    'SEGMENT_TRACKING_URL',
    'SEGMENT_API_URL',
    'SEGMENT_OAUTH_TOKEN_URL',
  ])('are both real as soon as %s is set', (name) => {
    const config = read({ [name]: 'https://proxy.example/x' }, 'sandbox')
    expect(config.vendors).toBe('real')
    expect(Object.values(config).filter((value) => String(value).includes(':3100'))).toEqual([])
  })

  it('are what CAUSEWAY_VENDORS says, whatever else is set', () => {
    expect(read({ CAUSEWAY_VENDORS: 'real' }, 'sandbox').vendors).toBe('real')
    const config = read({ CAUSEWAY_VENDORS: 'sandbox', STATSIG_EVENTS_URL: 'http://127.0.0.1:9/v1' })
    expect(config).toMatchObject({ vendors: 'sandbox', statsigEventsUrl: 'http://127.0.0.1:9/v1' })
  })

  it('refuse a real address in sandbox mode, where nothing may leave the machine', () => {
    const env = { CAUSEWAY_VENDORS: 'sandbox', STATSIG_EVENTS_URL: 'https://events.statsigapi.net/v1' }
    expect(problemsOf(env)).toEqual([expect.stringContaining('STATSIG_EVENTS_URL is a real vendor')])
  })
})

describe('Secret', () => {
  const key = randomBytes(32).toString('base64')

  it('never shows itself but by reveal', () => {
    const config = read({ CAUSEWAY_API_KEY: 'the-api-key', CAUSEWAY_SECRET_KEY: key })
    expect(config.apiKey?.reveal()).toBe('the-api-key')
    expect(config.secretKey?.reveal()).toBe(key)
    for (const text of [JSON.stringify(config), inspect(config, { depth: null }), String(config.apiKey)]) {
      expect(text).toContain('[secret]')
      expect(text).not.toContain('the-api-key')
      expect(text).not.toContain(key)
    }
    expect(Object.keys(new Secret('x'))).toEqual([])
  })

  it.each(['too short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')])(
    'is not repeated in the problem with a key that is not 32 bytes: %#',
    (text) => {
      const problems = problemsOf({ CAUSEWAY_SECRET_KEY: text })
      expect(problems).toEqual([expect.stringContaining('32 bytes in base64')])
      expect(problems.join()).not.toContain(text)
    },
  )

  it('is not repeated either where a URL carries a password', () => {
    expect(problemsOf({ PUBLIC_URL: 'https://ada:lovelace@example.com' }).join()).not.toContain('lovelace')
  })
})

describe('envExample', () => {
  it('names every setting, and reads back as the defaults', () => {
    const lines = envExample()
      .split('\n')
      .filter((line) => /^#[A-Z]/.test(line))
      .map((line) => line.slice(1))
    expect(lines.map((line) => line.split('=')[0])).toEqual(Object.values(settings).map(({ name }) => name))
    const env = Object.fromEntries(lines.map((line) => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']))
    expect(read(env)).toEqual(read())
  })
})

describe('configDoc', () => {
  it('has one row for each setting, with a kind and a sentence', () => {
    const rows = configDoc()
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(rows).toHaveLength(Object.keys(settings).length)
    for (const row of rows) expect(row).toMatch(/^\| `[A-Z0-9_]+` \| .+ \| .+ \| .+\. \|$/)
  })
})
