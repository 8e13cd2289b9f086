// `npx tsx bench/drain-parts.ts [messages]`: what the catalogue and the search index cost a drain, in CPU time, so that it
// can be run beside other programs. A commit of 1,000 entries has 40 names, or 1,000.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import type { DrainInput, DrainResult } from '../activities/drain.ts'
import type { EndedEntry, Lease } from '../core/ports.ts'
import { prepareCatalogueCount } from '../db/catalogue-count.ts'
import { openDb } from '../db/client.ts'
import type { CommitFollower } from '../db/commit.ts'
import { prepareSearchBlocks } from '../db/search-blocks.ts'
import { connectionId, createWorld, startMs, track } from '../test/support/world.ts'

const messages = Number(process.argv[2] ?? 100_000)
const perRun = 1_000
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
const messageId = (n: number): string => `node-next-1736078400000-50314b8e9bcf-${n}`

async function drainMs(names: number): Promise<number> {
  const world = await createWorld()
  for (let from = 0; from < messages; from += 100)
    await world.appendMessages(
      Array.from({ length: 100 }, (_, n) => ({
        ...track(`user-${from + n}`, { messageId: messageId(from + n) }),
        event: `Event number ${(from + n) % names}`,
      })),
    )
  const before = cpuMs()
  await new MockActivityEnvironment().run<
    [DrainInput],
    DrainResult,
    (input: DrainInput) => Promise<DrainResult>
  >(world.activities.drain, { connectionId, lane: 'events' })
  const took = cpuMs() - before
  await world.close()
  return took
}

const entryOf = (seq: number, names: number): EndedEntry => ({
  ...{ seq, sole: true, outcome: 'delivered', reason: undefined, path: undefined, detail: undefined },
  ...{
    messageId: messageId(seq),
    type: 'track',
    event: `Event number ${seq % names}`,
    userId: `user-${seq}`,
  },
})

/** One follower alone, in transactions of its own: their cost is counted too. */
function followerMs(prepare: (db: ReturnType<typeof openDb>) => CommitFollower, names: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-parts-'))
  const db = openDb(join(folder, 'parts.db'))
  db.sqlite.pragma('synchronous = OFF')
  const follow = prepare(db)
  const entries = Array.from({ length: messages }, (_, n) => entryOf(n + 1, names))
  const before = cpuMs()
  for (let cursor = 0; cursor < messages; cursor += perRun) {
    const lease: Lease = { laneId: 1, connectionId, lane: 'events', epoch: 1, cursor }
    const done = { entries: entries.slice(cursor, cursor + perRun), attempts: [] }
    db.sqlite
      .transaction(() => follow(lease, { ...done, settingsVersion: 1, nowMs: startMs + cursor }))
      .immediate()
  }
  const took = cpuMs() - before
  db.sqlite.close()
  rmSync(folder, { recursive: true, force: true })
  return took
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[1] ?? 0
const thrice = async (work: () => number | Promise<number>): Promise<number> =>
  median([await work(), await work(), await work()])

console.log(`CPU ms of ${messages.toLocaleString('en')} messages, medians of three`)
console.log('| names a commit | drain | the catalogue | the search index |\n|---|---|---|---|')
for (const names of [40, 1_000]) {
  const whole = await thrice(() => drainMs(names))
  const shares: string[] = []
  for (const prepare of [prepareCatalogueCount, prepareSearchBlocks]) {
    const part = await thrice(() => followerMs(prepare, names))
    shares.push(`${part.toFixed(0)} (${((part / whole) * 100).toFixed(1)} %)`)
  }
  console.log(`| ${[names, whole.toFixed(0), ...shares].join(' | ')} |`)
}
process.exit(0)
