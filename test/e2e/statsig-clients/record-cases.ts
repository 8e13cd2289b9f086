// `npm run record:statsig-sdks`: what Statsig's stock SDKs log today, as golden cases of the outbound mapping. Look at the
// diff: an SDK that changed what it logs, and a mapping that changed what becomes of it, both show there.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { format, resolveConfig } from 'prettier'
import { isZstd, unzstd } from '../../../api/zstd.ts'
import { defaultSettings } from '../../../core/settings.ts'
import { unpackStatsigSdk } from '../../../core/statsig-request.ts'
import { mapStatsigEvent } from '../../../core/statsig-to-segment/index.ts'
import { openShop } from './browser.ts'
import { names, serveProject, type Project } from './project.ts'
import { runBrowser, runNode, runNodeCore, type SdkJob } from './sdks.ts'

interface Logged {
  events: Record<string, unknown>[]
  statsigMetadata: { sdkType: string }
  user?: object
}

const folder = new URL('../../core/outbound-cases/', import.meta.url)
const packages = {
  'statsig-node': 'statsig-node',
  'statsig-server-core-node': '@statsig/statsig-node-core',
  'javascript-client': '@statsig/js-client',
}

/** Takes what SDKs log as Statsig does, and keeps it. */
async function serveRecorder(): Promise<{ url: string; logged: Logged[]; close: () => Promise<void> }> {
  const logged: Logged[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      outgoing.setHeader('access-control-allow-origin', '*')
      outgoing.setHeader('access-control-allow-headers', '*')
      outgoing.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}')
      const body = Buffer.concat(chunks)
      if (body.length > 0 && /log_event|rgstr/.test(incoming.url ?? '')) logged.push(decoded(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    logged,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function decoded(body: Buffer): Logged {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b
  const bytes = isZstd(body) ? unzstd(body, 16_000_000) : isGzip ? gunzipSync(body) : body
  return JSON.parse(Buffer.from(bytes).toString()) as Logged
}

const things: Record<string, string> = {
  gate: 'the exposure of a gate',
  config: 'the exposure of a config',
  experiment: 'the exposure of an experiment',
  layer: 'the exposure of a layer',
  event: 'a logged event',
  diagnostics: 'the diagnostics',
}

function thingOf({ eventName, metadata }: Record<string, unknown>): string {
  if (eventName === 'statsig::gate_exposure') return 'gate'
  if (eventName === 'statsig::layer_exposure') return 'layer'
  if (eventName === 'statsig::diagnostics') return 'diagnostics'
  if (eventName !== 'statsig::config_exposure') return 'event'
  return (metadata as { config?: unknown }).config === names.experiment ? 'experiment' : 'config'
}

async function writeCases({ events, ...envelope }: Logged): Promise<void> {
  const { sdkType } = envelope.statsigMetadata
  const npm = packages[sdkType as keyof typeof packages]
  const { version } = createRequire(import.meta.url)(`${npm}/package.json`) as { version: string }
  const unpacked = unpackStatsigSdk({ ...envelope, events })
  if (!unpacked.ok) throw new Error(unpacked.message)
  for (const [at, event] of events.entries()) {
    const receipt = { receivedAtMs: 0, source: 'statsig_sdk', batch: unpacked.batch } as const
    const { verdict } = mapStatsigEvent(unpacked.items[at], receipt, defaultSettings)
    const thing = thingOf(event)
    const title = `${verdict.kind === 'mapped' ? 'maps' : 'skips'} ${things[thing] ?? ''} as ${sdkType} sends it`
    const source = `https://www.npmjs.com/package/${npm}/v/${version}`
    const path = new URL(`sdk-${sdkType}-${thing}.json`, folder)
    const text = JSON.stringify({ title, source, event, envelope, expected: { verdict } }, null, 2)
    const options = await resolveConfig(path.pathname)
    writeFileSync(path, await format(text, { ...options, parser: 'json' }))
    console.log(`${path.pathname.split('/').at(-1) ?? ''}  ${String(event.eventName)}`)
  }
}

async function recordBrowser(job: SdkJob): Promise<void> {
  const shop = await openShop()
  if (typeof shop === 'string') throw new Error(shop)
  try {
    await runBrowser(await shop.open(), job)
  } finally {
    await shop.close()
  }
}

async function record(project: Project): Promise<void> {
  const recorder = await serveRecorder()
  const user = { userID: 'u1', customIDs: { segmentAnonymousId: 'a1' }, email: 'a@example.com' }
  const server = { project, logTo: recorder.url, key: 'secret-recorded', user, event: 'Checked Out' }
  await runNode(server)
  await runNodeCore(server)
  const visitor = { customIDs: { segmentAnonymousId: 'a1' } }
  await recordBrowser({ ...server, key: 'client-recorded', user: visitor })
  await recorder.close()
  for (const logged of recorder.logged) await writeCases(logged)
}

const project = await serveProject()
await record(project)
await project.close()
process.exit(0)
