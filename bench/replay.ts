// `node --import tsx bench/replay.ts [events] [files] [kills]`: a replay of an archive into the sandbox by the real processes.
// First through three kills of the bulk worker (0: not at all), counted and compared event by event; then flat out, with live traffic
// beside it for a while. Fails where a number is not what it must be.
import { randomInt } from 'node:crypto'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { median, measureLive, type Live } from './live-traffic.ts'
import { residentMb, until } from './processes.ts'
import { openStack } from './stack.ts'
import { fateOf, outsidePerFile, lineOf, windowOf, writeArchive, type Fate } from './replay-archive.ts'

const [events = 1_000_000, files = 50, kills = 3] = process.argv.slice(2).map(Number)
const stack = openStack(Number(process.env['BENCH_PORT'] ?? 42_100))
const { dataDir, url, sandboxUrl, apiKey, call } = stack
const plan = { events, files, nowMs: Date.now() }
const rows: string[][] = []
const note = (...row: string[]): void => {
  rows.push(row)
  console.log(row.join('  ·  '))
}
const patienceMs = 900_000
const say = (n: number): string => Math.round(n).toLocaleString('en')

interface Counts {
  planned: number
  done: number
  delivered: number
  filtered: number
  skipped: number
  rejected: number
  outsideWindow: number
}
interface Replay {
  id: string
  status: string
  counts: Counts
  notes: { kind: string; count: number }[]
}
const replayOf = (id: string) => call<Replay>('GET', `/replays/${id}`)

const numberOf = (fate: Fate): number => {
  let sum = 0
  for (let n = 0; n < events; n += 1) if (fateOf(n) === fate) sum += 1
  return sum
}
const expected = {
  sent: numberOf('sent'),
  before: numberOf('before'),
  tooOld: numberOf('too_old'),
  garbage: numberOf('garbage'),
}

function must(what: string, got: unknown, wanted: unknown): void {
  const isEqual = JSON.stringify(got) === JSON.stringify(wanted)
  console.log(`${isEqual ? 'exact' : 'WRONG'}: ${what}: ${JSON.stringify(got)}`)
  if (isEqual) return
  console.log(`  wanted: ${JSON.stringify(wanted)}`)
  process.exitCode = 1
}

/** How often each event arrived at the sandbox. */
async function arrivals(): Promise<Uint8Array> {
  const times = new Uint8Array(events)
  const answer = await fetch(`${sandboxUrl}/_sandbox/statsig/events`)
  let rest = ''
  for await (const piece of (answer.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream(),
  )) {
    const text = rest + piece
    const end = text.lastIndexOf('}')
    for (const [, n = ''] of text.slice(0, end).matchAll(/"n":"(\d+)"/g))
      times[Number(n)] = (times[Number(n)] ?? 0) + 1
    rest = text.slice(end)
  }
  return times
}

let bulk = stack.run('sandbox')
/** The launcher's part: whoever dies is started again a moment later. */
async function killBulk(): Promise<void> {
  bulk.kill('SIGKILL')
  await new Promise((resolve) => bulk.once('exit', resolve))
  await new Promise((resolve) => setTimeout(resolve, 500))
  bulk = stack.run('bulk-worker')
}

async function deliverBefore(id: string, writeKey: string): Promise<void> {
  let batch: string[] = []
  const post = async () => {
    const body = `{"writeKey":"${writeKey}","batch":[${batch.join(',')}]}`
    const { status } = await fetch(`${url}/v1/batch`, { method: 'POST', body })
    if (status !== 200) throw new Error(`the door answered ${status}`)
    batch = []
  }
  for (let n = 0; n < events; n += 1) {
    if (fateOf(n) !== 'before') continue
    batch.push(lineOf(n, plan.nowMs - 3_600_000 * 3))
    if (batch.length === 1_000) await post()
  }
  if (batch.length > 0) await post()
  await until(async () => {
    const { inbound } = await call<{ inbound: { totals: Counts } }>('GET', `/connections/${id}/stats`)
    return inbound.totals.delivered === expected.before
  })
}

async function throughKills(connection: string, body: object): Promise<void> {
  const { id } = await call<Replay>('POST', `/connections/${connection}/replays`, body)
  const startedMs = performance.now()
  const places = Array.from({ length: kills }, (_, kill) =>
    Math.floor(((kill + randomInt(20, 80) / 100) * events) / kills),
  )
  for (const place of places) {
    await until(async () => (await replayOf(id)).counts.done >= place, 50, patienceMs)
    await new Promise((resolve) => setTimeout(resolve, randomInt(100)))
    const { done } = (await replayOf(id)).counts
    await killBulk()
    console.log(`killed the bulk worker at ${say(done)} of ${say(events)}`)
  }
  await until(async () => (await replayOf(id)).status === 'completed', 100, patienceMs)
  const replay = await replayOf(id)
  note(
    `replay through ${kills} kills`,
    `${say((performance.now() - startedMs) / 1_000)} s`,
    'of which about 30 s each until Temporal misses the dead worker',
  )
  must('counts', replay.counts, {
    ...{ planned: events, done: events, delivered: expected.sent, filtered: 0 },
    ...{ skipped: expected.before + expected.tooOld, rejected: expected.garbage },
    ...{ outsideWindow: files * outsidePerFile, notSelected: 0, unsent: 0 },
  })
  const sums: Record<string, number> = {}
  for (const { kind, count } of replay.notes) sums[kind] = (sums[kind] ?? 0) + count
  console.log('oddities:', JSON.stringify(sums))
  await compareReport(id)
  const times = await arrivals()
  let [missing, strange, again] = [0, 0, 0]
  for (let n = 0; n < events; n += 1) {
    const isWanted = fateOf(n) === 'sent'
    if (isWanted && times[n] === 0) missing += 1
    if (!isWanted && times[n] !== 0) strange += 1
    again += Math.max(0, (times[n] ?? 0) - 1)
  }
  must('missing at the sandbox, and there without reason', [missing, strange], [0, 0])
  note(`arrived twice, after ${kills} kills`, say(again), 'the seam allows 1,000 a kill: what was in flight')
  if (again > kills * 1_000) process.exitCode = 1
}

/** The CSV of everything that was not delivered, row by row. */
async function compareReport(id: string): Promise<void> {
  const headers = { authorization: `Bearer ${apiKey}` }
  const text = await (await fetch(`${url}/api/v1/replays/${id}/report.csv`, { headers })).text()
  const reasons: Record<string, number> = {}
  for (const line of text.split('\r\n').slice(1)) {
    const [kind, , , reason = ''] = line.split(',')
    if (kind === 'message') reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  must('rows of the report', Object.entries(reasons).sort(), [
    ['duplicate', expected.before],
    ['not_json', expected.garbage],
    ['too_old', expected.tooOld],
  ])
}

/** How soon a pause is answered, and what still ends after it. */
async function pauseOnce(id: string): Promise<void> {
  const startedMs = performance.now()
  const { counts } = await call<Replay>('POST', `/replays/${id}/pause`)
  const tookMs = performance.now() - startedMs
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const after = (await replayOf(id)).counts.done - counts.done
  note('a pause answered after', `${say(tookMs)} ms`, `${say(after)} events ended after it`)
  await call('POST', `/replays/${id}/resume`)
}

async function flatOut(connection: string, writeKey: string, body: object, calm: Live): Promise<void> {
  const { id } = await call<Replay>('POST', `/connections/${connection}/replays`, { ...body, force: true })
  const resident: number[] = []
  const sampling = setInterval(() => resident.push(residentMb(bulk)), 500)
  const doneOf = async () => (await replayOf(id)).counts.done
  await until(async () => (await doneOf()) > events / 20, 50)
  const rateUntil = async (share: number) => {
    const [from, fromMs] = [await doneOf(), performance.now()]
    await until(async () => (await doneOf()) >= events * share, 100, patienceMs)
    return (((await doneOf()) - from) * 1_000) / (performance.now() - fromMs)
  }
  note('replayed, flat out, events/s', say(await rateUntil(0.5)), `worker ${residentMb(bulk)} MB resident`)
  const from = await doneOf()
  const beside = await measureLive({ url, apiKey, connection, writeKey, seconds: calm.seconds })
  const besideRate = ((await doneOf()) - from) / calm.seconds
  const isStill = (await replayOf(id)).status === 'running'
  note(
    'replayed beside live traffic, events/s',
    say(besideRate),
    isStill ? '' : 'ENDED before the live traffic',
  )
  if (isStill) await pauseOnce(id)
  await until(async () => (await replayOf(id)).status === 'completed', 100, patienceMs)
  clearInterval(sampling)
  const { counts } = await replayOf(id)
  must('delivered by force', counts.delivered, expected.sent + expected.before)
  const third = Math.floor(resident.length / 3)
  const [early, late] = [median(resident.slice(third, 2 * third)), median(resident.slice(2 * third))]
  note('worker resident, middle / last third, most', `${early} / ${late} MB`, `${Math.max(...resident)} MB`)
  const ratio = (a: number, b: number) => (a / b).toFixed(1)
  note('live accept p50 / p99 without', `${calm.p50Ms} / ${calm.p99Ms} ms`, `${calm.requests} requests`)
  note(
    'live accept p50 / p99 beside the replay',
    `${beside.p50Ms} / ${beside.p99Ms} ms`,
    `p99 x ${ratio(beside.p99Ms, calm.p99Ms)}`,
  )
  note('live accept to delivered p50 without', `${calm.deliveredMs} ms`)
  note(
    'live accept to delivered p50 beside the replay',
    `${beside.deliveredMs} ms`,
    `x ${ratio(beside.deliveredMs, calm.deliveredMs)}`,
  )
}

try {
  const madeMs = performance.now()
  writeArchive(join(dataDir, 'archive'), plan)
  console.log(`archive of ${say(events)} events in ${files} files: ${say(performance.now() - madeMs)} ms`)
  await stack.runTemporal(join(dataDir, 'temporal.db'))
  stack.run('api')
  stack.run('worker')
  bulk = stack.run('bulk-worker')
  await until(async () => (await fetch(`${url}/readyz`)).ok)
  const { id, writeKey } = await call<{ id: string; writeKey: string }>('POST', '/connections', {
    ...{ name: 'bench', statsig: { serverKey: 'secret-bench' } },
  })
  await deliverBefore(id, writeKey)
  await fetch(`${sandboxUrl}/_sandbox`, { method: 'DELETE' })
  const body = { source: 'archive', path: join(dataDir, 'archive'), ...windowOf(plan) }
  if (kills > 0) await throughKills(id, body)
  await fetch(`${sandboxUrl}/_sandbox`, { method: 'DELETE' })
  const seconds = Math.max(4, Math.min(12, events / 60_000))
  await measureLive({ url, apiKey, connection: id, writeKey, seconds: 2 })
  const calm = await measureLive({ url, apiKey, connection: id, writeKey, seconds })
  await flatOut(id, writeKey, body, calm)
  console.log(`\n${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}`)
  console.log(`${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}`)
} finally {
  await stack.close()
}
process.exit()
