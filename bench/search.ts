// `npx tsx bench/search.ts [messages] [folder]`: what a search costs over HTTP at a million stored messages, one at a
// time. A folder that is named is kept, and filled only where it is empty: filling may then be done beforehand
// (`BENCH_FILL_ONLY=1`), and the machine is needed for the questions alone.
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { EndedEntry } from '../core/ports.ts'
import { defaultSettings } from '../core/settings.ts'
import { openDb } from '../db/client.ts'
import { createSecretBox } from '../db/secret-box.ts'
import { createStore } from '../db/store.ts'
import { makeBatch, eventsPerRequest } from './messages.ts'
import type { ChildProcess } from 'node:child_process'
import { cpuMs } from './processes.ts'
import { masterKey, openStack } from './stack.ts'

const messages = Number(process.argv[2] ?? 1_000_000)
const kept = process.argv[3]
const stack = openStack(24_995, kept)
const { dataDir: folder, url, headers } = stack
const path = join(folder, 'causeway.db')
const [perRun, backlog] = [1_000, 20_000]
/** The same at each start, so that a folder can be asked again. A second a run: a million messages are 17 minutes. */
const firstMs = Date.parse('2026-01-05T12:00:00.000Z')

/** Half of the users are seen twice, a tenth of the messages come from seven. */
const userOf = (seq: number): string =>
  seq % 10 === 0 ? `busy-${seq % 7}` : `user-50314b8e9bcf-${Math.floor(seq / 2)}`
const eventOf = (seq: number): string => (seq % 50_000 === 7 ? `Rare ${seq}` : `Event ${seq % 40}`)
const messageIdOf = (seq: number): string => `node-next-1736078400000-50314b8e9bcf-${seq}`
const entryOf = (seq: number): EndedEntry => ({
  ...{ seq, sole: true, outcome: seq % 1_000 === 3 ? 'rejected' : 'delivered' },
  ...{ reason: undefined, path: undefined, detail: undefined },
  ...{ messageId: messageIdOf(seq), type: 'track', event: eventOf(seq), userId: userOf(seq) },
})

/** A million endings and, behind them, messages that no drain has read. */
async function fill(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const db = openDb(path)
  // The figures are of reading.
  db.sqlite.pragma('synchronous = OFF')
  const store = createStore(db, createSecretBox(masterKey))
  await store.connections.create({
    ...{ id: 'con_1', name: 'Bench', setup: 'manual', writeKey: 'bench', settings: defaultSettings },
    ...{ keys: {}, nowMs: firstMs },
  })
  const append = (body: Buffer, receivedAtMs: number) =>
    store.inbox.append({
      ...{ connectionId: 'con_1', receivedAtMs, source: 'tracking', call: 'batch', callerIp: undefined },
      ...{ body, lanes: [{ lane: 'events', items: undefined, count: eventsPerRequest, sole: true }] },
    })
  const body = Buffer.from(makeBatch('bench', firstMs))
  let lease = await store.lanes.open('con_1', 'events', firstMs)
  for (let seq = 0; seq < messages; seq += perRun) {
    if ('held' in lease) throw new Error('the lane is held')
    const nowMs = firstMs + seq
    for (let n = 0; n < perRun; n += eventsPerRequest) await append(body, nowMs)
    const entries = Array.from({ length: perRun }, (_, n) => entryOf(seq + n + 1))
    lease = await store.lanes.commit(lease, { entries, attempts: [], settingsVersion: 1, nowMs })
  }
  for (let n = 0; n < backlog; n += eventsPerRequest)
    await append(Buffer.from(makeBatch('bench', firstMs)), firstMs + messages)
  const filters = db.sqlite
    .prepare<[], { n: number; bytes: number }>(
      'SELECT count(*) AS n, sum(length(filter)) AS bytes FROM search_blocks',
    )
    .get()
  db.sqlite.pragma('wal_checkpoint(TRUNCATE)')
  await store.close()
  const size = (statSync(path).size / 1e6).toFixed(0)
  console.log(
    `${messages.toLocaleString('en')} ended and ${backlog.toLocaleString('en')} pending messages, ${size} MB, ${filters?.n} search blocks of ${((filters?.bytes ?? 0) / 1e6).toFixed(1)} MB`,
  )
}

interface Page {
  data: unknown[]
  nextCursor: string | null
  cut: boolean
}
type Query = Record<string, string>

async function ask(query: Query): Promise<{ page: Page; tookMs: number }> {
  const at = `${url}/api/v1/connections/con_1/messages?${new URLSearchParams(query).toString()}`
  const startedAt = performance.now()
  const answer = await fetch(at, { headers })
  const page = (await answer.json()) as Page
  if (!answer.ok) throw new Error(JSON.stringify(page))
  return { page, tookMs: performance.now() - startedAt }
}

/** CPU time says what a search costs where other programs run beside it; only known where no pages went before. */
let api: ChildProcess | undefined
const over: string[] = []
/** Asks each query and says what it took; of a deep page the way there is not counted. */
async function timed(what: string, queries: Query[], pagesBefore = 0): Promise<void> {
  const took: number[] = []
  let [found, cut] = [0, 0]
  const cpuBefore = api ? cpuMs(api) : 0
  for (const query of queries) {
    let cursor: string | null = null
    for (let n = 0; n < pagesBefore; n += 1) {
      const { page } = await ask({ ...query, ...(cursor && { cursor }) })
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    const { page, tookMs } = await ask({ ...query, ...(cursor && { cursor }) })
    took.push(tookMs)
    found += page.data.length
    if (page.cut) cut += 1
  }
  const cpu = api && pagesBefore === 0 ? ((cpuMs(api) - cpuBefore) / queries.length).toFixed(1) : ''
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
  if (at(0.99) > 50) over.push(what)
  console.log(
    `| ${[what.padEnd(52), at(0.5).toFixed(1).padStart(5), at(0.99).toFixed(1).padStart(5), cpu.padStart(4), (found / queries.length).toFixed(1).padStart(5), `${cut} of ${queries.length}`].join(' | ')} |`,
  )
}

/** Positions all over the store, the same at each run. */
const seqs = (n: number) =>
  Array.from({ length: n }, (_, at) => 1 + Math.floor(((at * 0.618_034) % 1) * (messages - 1)))
const iso = (ms: number): string => new Date(ms).toISOString()
const rareEvents = Array.from({ length: 100 }, (_, n) => (n % Math.max(1, messages / 50_000)) * 50_000 + 7)

async function questions(): Promise<void> {
  const many = seqs(200)
  const few = seqs(20)
  console.log('| search | p50 ms | p99 ms | cpu ms | found | cut |\n|---|---|---|---|---|---|')
  await timed(
    'messageId',
    many.map((seq) => ({ messageId: messageIdOf(seq) })),
  )
  await timed(
    'messageId, not there',
    many.map((seq) => ({ messageId: `node-next-none-${seq}` })),
  )
  await timed(
    'user of two messages',
    many.map((seq) => ({ userId: userOf(seq - (seq % 10) + 1) })),
  )
  await timed(
    'user of 14,000 messages',
    many.map((seq) => ({ userId: `busy-${seq % 7}` })),
  )
  await timed(
    'user of 14,000, page 100',
    few.map((seq) => ({ userId: `busy-${seq % 7}` })),
    99,
  )
  await timed(
    'user, not there',
    many.map((seq) => ({ userId: `nobody-${seq}` })),
  )
  await timed(
    'event of 25,000 messages',
    many.map((seq) => ({ event: `Event ${seq % 40}` })),
  )
  await timed(
    'event of 25,000, page 200',
    few.map((seq) => ({ event: `Event ${seq % 40}` })),
    199,
  )
  await timed(
    'event of one message',
    rareEvents.map((seq) => ({ event: `Rare ${seq}` })),
  )
  await timed(
    'event, not there',
    many.map((seq) => ({ event: `None ${seq}` })),
  )
  await timed(
    'outcome rejected',
    many.map(() => ({ outcome: 'rejected' })),
  )
  await timed(
    'outcome filtered, none is',
    many.map(() => ({ outcome: 'filtered' })),
  )
  await timed(
    'outcome pending',
    many.map(() => ({ outcome: 'pending' })),
  )
  await timed(
    'user of two and outcome rejected',
    many.map((seq) => ({ userId: userOf(seq - (seq % 10) + 1), outcome: 'rejected' })),
  )
  await timed(
    'user of 14,000 and outcome rejected, none is',
    many.map((seq) => ({ userId: `busy-${seq % 7}`, outcome: 'rejected' })),
  )
  await timed(
    'event of 25,000 and outcome rejected, 1,000 are',
    many.map(() => ({ event: 'Event 3', outcome: 'rejected' })),
  )
  await timed(
    'event of 25,000 and outcome rejected, none is',
    many.map(() => ({ event: 'Event 4', outcome: 'rejected' })),
  )
  await timed(
    'event and user, both frequent, never together',
    many.map(() => ({ event: 'Event 1', userId: 'busy-0' })),
  )
  await timed(
    'messageId and a time',
    many.map((seq) => ({ messageId: messageIdOf(seq), since: iso(firstMs) })),
  )
  await timed(
    'event of 25,000 within a second',
    many.map((seq) => ({
      event: `Event ${seq % 40}`,
      since: iso(firstMs + seq),
      until: iso(firstMs + seq + 1_000),
    })),
  )
  await timed(
    'event and outcome rejected within a minute',
    many.map((seq) => ({
      event: 'Event 3',
      outcome: 'rejected',
      since: iso(firstMs + seq),
      until: iso(firstMs + seq + 60_000),
    })),
  )
  await timed(
    'before a time that all are after',
    many.map((seq) => ({ until: iso(firstMs - 1 - seq) })),
  )
  await timed(
    'everything, page 200',
    few.map(() => ({})),
    199,
  )
}

try {
  if (!existsSync(path)) await fill()
  if (process.env['BENCH_FILL_ONLY'] === undefined) {
    api = stack.run('api')
    await stack.answers(url)
    for (const seq of seqs(50)) await ask({ messageId: messageIdOf(seq) })
    await questions()
    console.log(over.length === 0 ? 'All within 50 ms at p99.' : `Over 50 ms at p99: ${over.join('; ')}`)
  }
} finally {
  await stack.close()
}
process.exit(0)
