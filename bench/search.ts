// `npx tsx bench/search.ts [messages]`: what a search costs at a million stored messages, and what its index costs a drain.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import type { DrainInput, DrainResult } from '../activities/drain.ts'
import type { EndedEntry, MessageQuery } from '../core/ports.ts'
import { defaultSettings } from '../core/settings.ts'
import { openDb } from '../db/client.ts'
import { prepareSearchBlocks } from '../db/search-blocks.ts'
import { createSecretBox } from '../db/secret-box.ts'
import { createStore } from '../db/store.ts'
import { connectionId, createWorld, track } from '../test/support/world.ts'

const messages = Number(process.argv[2] ?? 1_000_000)
const perRun = 1_000
const nowMs = Date.now()
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const folder = mkdtempSync(join(tmpdir(), 'causeway-search-'))
const path = join(folder, 'causeway.db')
const db = openDb(path)
// Made by the million: the figures are of reading.
db.sqlite.pragma('synchronous = OFF')
const store = createStore(db, createSecretBox(Buffer.alloc(32, 7)))
await store.connections.create({
  ...{ id: 'con_1', name: 'Bench', setup: 'manual', writeKey: 'bench', settings: defaultSettings },
  ...{ keys: {}, nowMs },
})

const prefix = randomBytes(8).toString('hex')
/** Half of the users are seen once, a tenth of the messages come from a few. */
const userOf = (seq: number): string =>
  seq % 10 === 0 ? `busy-${seq % 7}` : `user-${prefix}-${Math.floor(seq / 2)}`
const eventOf = (seq: number): string => (seq % 50_000 === 7 ? `Rare ${seq}` : `Event ${seq % 40}`)
const entryOf = (seq: number): EndedEntry => ({
  ...{
    seq,
    sole: true,
    outcome: seq % 1_000 === 3 ? 'rejected' : 'delivered',
    reason: undefined,
    path: undefined,
  },
  ...{ detail: undefined, messageId: `node-next-${nowMs}-${prefix}-${seq}`, type: 'track' },
  ...{ event: eventOf(seq), userId: userOf(seq) },
})

async function fill(): Promise<void> {
  const body = Buffer.from(JSON.stringify({ batch: Array.from({ length: perRun }, (_, n) => ({ n })) }))
  let lease = await store.lanes.open('con_1', 'events', nowMs)
  for (let seq = 0; seq < messages; seq += perRun) {
    if ('held' in lease) throw new Error('the lane is held')
    await store.inbox.append({
      ...{ connectionId: 'con_1', receivedAtMs: nowMs + seq, source: 'tracking', call: 'batch' },
      ...{
        callerIp: undefined,
        body,
        lanes: [{ lane: 'events', items: undefined, count: perRun, sole: true }],
      },
    })
    const entries = Array.from({ length: perRun }, (_, n) => entryOf(seq + n + 1))
    lease = await store.lanes.commit(lease, { entries, attempts: [], settingsVersion: 1, nowMs })
  }
}

async function timed(what: string, queries: MessageQuery[]): Promise<void> {
  const took: number[] = []
  let [found, cut] = [0, 0]
  for (const query of queries) {
    const startedAt = performance.now()
    const page = await store.messages.list('con_1', query, { limit: 50 })
    took.push(performance.now() - startedAt)
    found += page.entries.length
    if (page.cut) cut += 1
  }
  took.sort((a, b) => a - b)
  const at = (share: number): string =>
    (took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0).toFixed(1)
  console.log(
    `${what.padEnd(34)} p50 ${at(0.5)} ms  max ${at(1)} ms  found ${found}  cut ${cut} of ${queries.length}`,
  )
}

const someSeqs = Array.from({ length: 40 }, (_, n) => 1 + Math.floor(((n * 0.618) % 1) * (messages - 1)))

/** CPU of a drain of messages, and of the search index alone for as many. */
async function drainCost(n: number): Promise<void> {
  const world = await createWorld()
  const userIds = Array.from({ length: n }, (_, index) => `user-${prefix}-${index}`)
  for (let from = 0; from < n; from += 100)
    await world.appendMessages(
      userIds.slice(from, from + 100).map((id) => track(id, { messageId: `node-next-${nowMs}-${id}` })),
    )
  const before = cpuMs()
  await new MockActivityEnvironment().run<
    [DrainInput],
    DrainResult,
    (input: DrainInput) => Promise<DrainResult>
  >(world.activities.drain, { connectionId, lane: 'events' })
  const whole = cpuMs() - before
  const other = openDb(join(folder, 'other.db'))
  const follow = prepareSearchBlocks(other)
  const entries = Array.from({ length: n }, (_, index) => ({
    ...entryOf(index + 1),
    messageId: `node-next-${nowMs}-${userIds[index] ?? ''}`,
  }))
  const begin = cpuMs()
  for (let from = 0; from < n; from += perRun) {
    const lease = { laneId: 1, connectionId: 'con_1', lane: 'events' as const, epoch: 1, cursor: from }
    const done = { entries: entries.slice(from, from + perRun), attempts: [], settingsVersion: 1, nowMs }
    other.sqlite.transaction(() => follow(lease, done)).immediate()
  }
  const index = cpuMs() - begin
  other.sqlite.close()
  await world.close()
  console.log(
    `drain of ${n.toLocaleString('en')}: ${whole.toFixed(0)} ms of CPU, of which the search index ${index.toFixed(0)} ms (${((index / (whole - index)) * 100).toFixed(1)} % dearer)`,
  )
}

try {
  await fill()
  db.sqlite.pragma('wal_checkpoint(TRUNCATE)')
  const filters = db.sqlite
    .prepare<[], { n: number; bytes: number }>(
      'SELECT count(*) AS n, sum(length(filter)) AS bytes FROM search_blocks',
    )
    .get()
  console.log(
    `${messages.toLocaleString('en')} messages, database ${(statSync(path).size / 1e6).toFixed(0)} MB, ${filters?.n} blocks of ${((filters?.bytes ?? 0) / 1e6).toFixed(1)} MB`,
  )
  await timed(
    'by messageId',
    someSeqs.map((seq) => ({ messageId: entryOf(seq).messageId })),
  )
  await timed(
    'by a messageId that is not there',
    someSeqs.map((seq) => ({ messageId: `none-${seq}` })),
  )
  await timed(
    'by user',
    someSeqs.map((seq) => ({ userId: userOf(seq) })),
  )
  await timed(
    'by a user who is not there',
    someSeqs.map((seq) => ({ userId: `nobody-${seq}` })),
  )
  await timed(
    'by event',
    someSeqs.map((seq) => ({ event: eventOf(seq) })),
  )
  await timed(
    'by a rare event',
    someSeqs.map((_, n) => ({
      event: `Rare ${(n % Math.max(1, Math.floor(messages / 50_000))) * 50_000 + 7}`,
    })),
  )
  await timed(
    'by an event that is not there',
    someSeqs.map((seq) => ({ event: `No ${seq}` })),
  )
  await timed(
    'by user and outcome',
    someSeqs.map((seq) => ({ userId: userOf(seq), outcome: 'rejected' as const })),
  )
  await timed(
    'by messageId since an hour',
    someSeqs.map((seq) => ({ messageId: entryOf(seq).messageId, sinceMs: nowMs - 3_600_000 })),
  )
  db.sqlite.exec('DELETE FROM search_blocks')
  await timed(
    'by messageId, without the index',
    someSeqs.map((seq) => ({ messageId: entryOf(seq).messageId })),
  )
  for (let round = 0; round < 3; round += 1) await drainCost(100_000)
} finally {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(0)
