// `npm run bench`: one table. Every rate is set against a bare server that parses the same body, in the same run.
import { statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { load, residentMb, start, stop, until } from './processes.ts'
import { openStack } from './stack.ts'

const backlog = Number(process.env['BENCH_BACKLOG'] ?? 200_000)
const seconds = Number(process.env['BENCH_SECONDS'] ?? 8)
const baselinePort = 24_990
const stack = openStack(24_991)
const { dataDir, url, call } = stack
const rows: [string, string, string][] = []
const note = (what: string, value: string, ratio = ''): void => {
  rows.push([what, value, ratio])
  console.log([what, value, ratio].filter(Boolean).join('  ·  '))
}

const connect = async (name: string): Promise<string> =>
  String(
    (
      await call<Record<string, unknown>>('POST', '/connections', {
        name,
        writeKey: name,
        statsig: { serverKey: `secret-${name}` },
      })
    )['id'],
  )

interface Totals {
  accepted: number
  delivered: number
  pending: number
}
const totals = async (id: string): Promise<Totals> =>
  (await call<{ inbound: { totals: Totals } }>('GET', `/connections/${id}/stats`)).inbound.totals

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Sends single events and answers the median of delivered minus received, in ms, as the product records them. */
async function latency(id: string, writeKey: string, n: number, pauseMs: number): Promise<number> {
  for (let i = 0; i < n; i += 1) {
    const body = JSON.stringify({
      writeKey,
      type: 'track',
      event: 'Latency',
      userId: `u${i}`,
      messageId: `lat-${writeKey}-${pauseMs}-${i}`,
    })
    await fetch(`${url}/v1/track`, { method: 'POST', body })
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  const { data } = await call<{
    data: { receivedAt: string; endedAt: string }[]
  }>('GET', `/connections/${id}/messages?event=Latency&limit=${n}`)
  return median(data.map(({ receivedAt, endedAt }) => Date.parse(endedAt) - Date.parse(receivedAt)))
}

try {
  // 1. The door, with nobody draining.
  const baselineServer = start('bench/baseline-server.ts', [String(baselinePort)])
  const api = stack.run('api')
  await stack.answers(url)
  const id = await connect('bench')
  await new Promise((resolve) => setTimeout(resolve, 500))
  const bareUrl = `http://127.0.0.1:${baselinePort}/`
  await load(bareUrl, { seconds: 2 })
  await load(`${url}/v1/batch`, { seconds: 2 })
  const ratios: number[] = []
  const accepted: number[] = []
  let last = { p50Ms: 0, p99Ms: 0, bytesPerEvent: 0 }
  for (let round = 0; round < 3; round += 1) {
    const bare = await load(bareUrl, { seconds: seconds / 2 })
    const ours = await load(`${url}/v1/batch`, { seconds: seconds / 2 })
    if (ours.failed > 0) throw new Error(`${ours.failed} requests failed`)
    ratios.push(ours.eventsPerSecond / bare.eventsPerSecond)
    accepted.push(ours.eventsPerSecond)
    last = ours
  }
  note(
    'accepted events/s, durable',
    median(accepted).toLocaleString('en'),
    `${median(ratios).toFixed(2)} of parse-only`,
  )
  note(
    'accept p50 / p99 at full load',
    `${last.p50Ms} / ${last.p99Ms} ms`,
    `${last.bytesPerEvent} B an event`,
  )
  await stop(baselineServer)

  // 2. The backlog.
  const have = (await totals(id)).pending
  if (have < backlog)
    await load(`${url}/v1/batch`, { seconds: 120, requestsMax: Math.ceil((backlog - have) / 100) })
  const before = await totals(id)
  note('pending before the drain', before.pending.toLocaleString('en'), `api ${residentMb(api)} MB resident`)
  await stack.runTemporal()
  stack.run('sandbox')
  await stack.answers(stack.sandboxUrl)
  const worker = stack.run('worker')
  await until(async () => (await totals(id)).delivered > 0)
  const from = await totals(id)
  const startedAt = performance.now()
  await until(async () => (await totals(id)).pending === 0, 100)
  const tookSeconds = (performance.now() - startedAt) / 1_000
  note(
    'drain of the backlog, events/s',
    Math.round(from.pending / tookSeconds).toLocaleString('en'),
    `worker ${residentMb(worker)} MB resident`,
  )
  const size = ['', '-wal'].reduce(
    (sum, suffix) =>
      sum + (statSync(join(dataDir, `causeway.db${suffix}`), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
  note(
    'database bytes an event',
    Math.round(size / before.accepted).toString(),
    `${(size / before.accepted / last.bytesPerEvent).toFixed(2)} of its body`,
  )

  // 3. Both at once.
  const beforeBoth = await totals(id)
  const both = await load(`${url}/v1/batch`, { seconds })
  const afterBoth = await totals(id)
  note(
    'accepting at full load while draining: accepted events/s',
    both.eventsPerSecond.toLocaleString('en'),
    `delivered ${Math.round((afterBoth.delivered - beforeBoth.delivered) / seconds).toLocaleString('en')}/s, p99 ${both.p99Ms} ms`,
  )
  await until(async () => (await totals(id)).pending === 0)

  // 4. One event at a time.
  const idle = await connect('idle')
  await latency(idle, 'idle', 5, 300)
  note('accept to delivered, p50, lane awake', `${await latency(idle, 'idle', 40, 200)} ms`)
  await new Promise((resolve) => setTimeout(resolve, 7_000))
  note('accept to delivered, p50, lane asleep', `${await latency(idle, 'idle', 5, 7_000)} ms`)
  console.log(
    `\n| what | value | beside |\n|---|---|---|\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}`,
  )
  console.log(
    `\n${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  )
} finally {
  await stack.close()
}
process.exit(0)
