import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  fateOf,
  lineOf,
  outsidePerFile,
  windowOf,
  writeArchive,
  type Fate,
} from '../../bench/replay-archive.ts'
import type { Job, Store } from '../../core/ports.ts'
import { defaultSettings } from '../../core/settings.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { serveSandbox, type RunningSandbox } from '../../sandbox/serve.ts'

const plan = { events: 20_000, files: 5, nowMs: Date.now() }
const connectionId = 'con_test'
const jobId = 'rpl_1'

let root: string, path: string, store: Store, sandbox: RunningSandbox
beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'causeway-killed-')))
  path = join(root, 'causeway.db')
  sandbox = await serveSandbox({ port: 0, nowMs: Date.now })
  store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
  await store.connections.create({
    ...{ id: connectionId, name: 'Test', setup: 'manual', writeKey: 'wk', settings: defaultSettings },
    ...{ keys: { 'statsig.serverKey': 'secret-test' }, nowMs: plan.nowMs },
  })
})
afterAll(async () => {
  await store.close()
  await sandbox.close()
  rmSync(root, { recursive: true })
})

const job = async (): Promise<Job> => {
  const found = await store.jobs.get(jobId)
  if (!found) throw new Error('no job')
  return found
}
const count = (fate: Fate): number => {
  let sum = 0
  for (let n = 0; n < plan.events; n += 1) if (fateOf(n) === fate) sum += 1
  return sum
}

/** Claims what was delivered before, as the lane `events` would have. */
async function claimBefore(): Promise<void> {
  const lease = await store.lanes.open(connectionId, 'events', plan.nowMs)
  if ('held' in lease) throw new Error('held')
  const before = Array.from({ length: plan.events }, (_, n) => n).filter((n) => fateOf(n) === 'before')
  const entries = before.map((n) => ({ seq: n + 1, messageId: `replay-${n}` }))
  for (let at = 0; at < entries.length; at += 1_000)
    await store.lanes.claim(lease, entries.slice(at, at + 1_000), plan.nowMs)
}

/** Runs the worker until it ends, or until so many entries have ended: then it is killed. */
async function work(killAt?: number): Promise<void> {
  const script = new URL('./replaying-process.ts', import.meta.url).pathname
  const args = ['--import', 'tsx/esm', script, path, root, sandbox.origin, jobId]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  while (killAt !== undefined && child.exitCode === null && child.signalCode === null) {
    const { accepted, pending } = (await job()).totals
    if (accepted - pending >= killAt) child.kill('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(await ended).toBe(killAt === undefined ? 0 : null)
}

/** How often each event of the archive arrived. */
async function arrivals(): Promise<Map<number, number>> {
  const answer = await fetch(`${sandbox.origin}/_sandbox/statsig/events`)
  const events = (await answer.json()) as { metadata: { n: string } }[]
  const times = new Map<number, number>()
  for (const { metadata } of events) {
    const n = Number(metadata.n)
    times.set(n, (times.get(n) ?? 0) + 1)
  }
  return times
}

describe('a replay whose worker is killed twice', () => {
  it('reports exact numbers, delivers what is to be delivered and nothing else', async () => {
    writeArchive(join(root, 'archive'), plan)
    const late = join(root, 'archive/segment-logs/web/1500000000000')
    mkdirSync(late, { recursive: true })
    const receivedAtMs = plan.nowMs - 86_400_000
    const [first, second] = [plan.events + 1_000, plan.events + 1_001]
    const whole = gzipSync(
      `${lineOf(first, receivedAtMs).replace('Monopoly', 'a\u2028b')}\n${lineOf(second, receivedAtMs)}\n`,
    )
    // All of the text is there, and the checksum is not.
    writeFileSync(join(late, 'late-and-cut.gz'), whole.subarray(0, whole.length - 6))
    await claimBefore()
    const { from, to } = windowOf(plan)
    await store.jobs.create({
      ...{ id: jobId, kind: 'replay', connectionId, rate: undefined, force: false, handler: 'events' },
      spec: { source: 'archive', path: root, fromMs: Date.parse(from), toMs: Date.parse(to) },
      ...{ dryRun: false, nowMs: plan.nowMs },
    })
    await store.jobs.begin(jobId, plan.nowMs)
    await work(3_000 + Math.floor(Math.random() * 4_000))
    await work(10_000 + Math.floor(Math.random() * 6_000))
    await work()
    const after = await job()
    expect(after).toMatchObject({ closed: true, outsideWindow: plan.files * outsidePerFile, notSelected: 0 })
    expect(after.totals).toEqual({
      ...{ accepted: plan.events + 2, delivered: count('sent') + 2, filtered: 0, pending: 0 },
      ...{ skipped: count('before') + count('too_old'), rejected: count('garbage') },
    })
    const notes: Record<string, number> = {}
    for (const note of await store.jobs.notes(jobId)) notes[note.kind] = (notes[note.kind] ?? 0) + note.count
    expect(notes).toMatchObject({
      ...{ several_members: plan.files, bom: 1, no_last_newline: 1, not_json: count('garbage') },
      // A file of 4,000 lines, ten outside the window before them.
      ...{ crlf: 4_010, blank: 4_010, separator_in_text: 1, cut: 1 },
    })
    const times = await arrivals()
    const missing = Array.from({ length: plan.events }, (_, n) => n).filter(
      (n) => fateOf(n) === 'sent' && !times.has(n),
    )
    const strange = [...times.keys()].filter((n) => n < plan.events && fateOf(n) !== 'sent')
    expect({ missing, strange }).toEqual({ missing: [], strange: [] })
    expect([times.has(first), times.has(second)]).toEqual([true, true])
    // The seam: what was in flight at a kill, one request at most.
    const again = [...times.values()].reduce((sum, n) => sum + n - 1, 0)
    expect(again).toBeLessThanOrEqual(2 * 1_000)
  }, 60_000)
})
