// `npx tsx bench/preview.ts [messages]`: what previews of filters over the stored messages, one after the other, do to
// ingest at a steady pace. Rounds with and without alternate.
import { Agent, request } from 'node:http'
import { eventsPerRequest, makeBatch } from './messages.ts'
import { load } from './processes.ts'
import { openStack } from './stack.ts'

const last = Number(process.argv[2] ?? 150_000)
const [rounds, seconds, perSecond] = [4, 8, Number(process.env['BENCH_REQUESTS'] ?? 40)]
const stack = openStack(24_986)
const { url, call } = stack
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
  const body = { lane: 'events', filters: { default: 'include', rules }, last }
  const startedAt = performance.now()
  const path = `/connections/${id}/filters/preview`
  const { looked, cut } = await call<{ looked: number; cut: boolean }>('POST', path, body)
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
  stack.run('api')
  await stack.answers(url)
  const made = { name: 'bench', setup: 'manual', writeKey: 'bench' }
  const { id } = await call<{ id: string }>('POST', '/connections', made)
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
  await stack.close()
}
process.exit(0)
