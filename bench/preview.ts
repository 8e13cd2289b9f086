// `npx tsx bench/preview.ts [messages]`: what previews of filters over the stored messages, one after the other, do to
// ingest at a steady pace. Rounds with and without alternate.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventsPerRequest, makeBatch } from './messages.ts'
import { load, start, stopAll, until } from './processes.ts'

const last = Number(process.argv[2] ?? 150_000)
const [port, rounds, seconds, perSecond] = [24_986, 4, 8, Number(process.env['BENCH_REQUESTS'] ?? 40)]
const dataDir = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
const apiKey = 'bench-key-bench-key-bench-key'
const url = `http://127.0.0.1:${port}`
const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
const agent = new Agent({ keepAlive: true, maxSockets: 16 })

/** One request of 100 messages; answers what it took in ms. */
function post(): Promise<number> {
  const body = makeBatch('bench', Date.now())
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) }
    const sent = request(`${url}/v1/batch`, { agent, method: 'POST', headers: length }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - startedAt)
        else reject(new Error(`HTTP ${answer.statusCode}`))
      })
    })
    sent.on('error', reject).end(body)
  })
}

/** Requests at a steady pace, whether or not the ones before are answered. */
async function steadily(): Promise<number[]> {
  const sent: Promise<number>[] = []
  const endMs = Date.now() + seconds * 1_000
  for (let nextMs = Date.now(); nextMs < endMs; nextMs += 1_000 / perSecond) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - Date.now())))
    sent.push(post())
  }
  return Promise.all(sent)
}

const previews: { looked: number; tookMs: number }[] = []
async function preview(id: string): Promise<void> {
  const rules = [
    { action: 'include', where: [{ path: 'properties.plan', op: '=', value: 'free' }] },
    { action: 'exclude', event: 'Order*', match: 'glob', sample: 0.5 },
  ]
  const body = JSON.stringify({ lane: 'events', filters: { default: 'include', rules }, last })
  const startedAt = performance.now()
  const answer = await fetch(`${url}/api/v1/connections/${id}/filters/preview`, {
    method: 'POST',
    headers,
    body,
  })
  const { looked, cut } = (await answer.json()) as { looked: number; cut: boolean }
  if (cut) throw new Error(`the preview was cut after ${looked}`)
  previews.push({ looked, tookMs: performance.now() - startedAt })
}

const at = (values: number[], share: number): string =>
  ([...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(1)
const say = (what: string, took: number[]): void =>
  console.log(
    `${what}: p50 ${at(took, 0.5)} ms, p99 ${at(took, 0.99)} ms, most ${at(took, 0.9999)} ms, ${took.length} requests`,
  )

try {
  start('bin/api.ts', [], {
    ...{ DATA_DIR: dataDir, PORT: String(port), CAUSEWAY_VENDORS: 'sandbox', CAUSEWAY_API_KEY: apiKey },
    ...{ CAUSEWAY_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'), LOG_LEVEL: 'warn' },
  })
  await until(async () => (await fetch(`${url}/healthz`)).ok)
  const made = { name: 'bench', setup: 'manual', writeKey: 'bench' }
  const answer = await fetch(`${url}/api/v1/connections`, {
    method: 'POST',
    headers,
    body: JSON.stringify(made),
  })
  const { id } = (await answer.json()) as { id: string }
  await load(`${url}/v1/batch`, { seconds: 120, requestsMax: Math.ceil(last / eventsPerRequest) })
  await steadily()
  const [alone, beside]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    alone.push(...(await steadily()))
    const state = { isOver: false }
    const previewing = (async () => {
      while (!state.isOver) await preview(id)
    })()
    beside.push(...(await steadily()))
    state.isOver = true
    await previewing
  }
  console.log(`ingest of ${perSecond * eventsPerRequest} messages/s`)
  say('alone', alone)
  say('beside previews', beside)
  const looked = previews.reduce((sum, one) => sum + one.looked, 0)
  const tookMs = previews.reduce((sum, one) => sum + one.tookMs, 0)
  console.log(
    `${previews.length} previews of ${last.toLocaleString('en')}: ${(tookMs / previews.length / 1_000).toFixed(1)} s each, ${Math.round((looked / tookMs) * 1_000).toLocaleString('en')} messages/s`,
  )
} finally {
  await stopAll()
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit(0)
