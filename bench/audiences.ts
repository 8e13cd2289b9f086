// `node --import tsx bench/audiences.ts [limits|no-limits] [members]`: a first load, 1 % churn, a full resync and a
// comparison of one audience. The sync runs in this process, whose memory is told; the sandbox in one of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { createSyncMembers, type SyncInput } from '../activities/sync-members.ts'
import { createStatsigSegments } from '../clients/statsig-segments.ts'
import type { SyncResult } from '../core/audiences/details.ts'
import { leastCalls } from '../core/audiences/limits.ts'
import type { AudienceStore, PlacedMembership, SyncMode } from '../core/ports.ts'
import { defaultSettings } from '../core/settings.ts'
import { createSecretBox } from '../db/secret-box.ts'
import { openStore } from '../db/store.ts'
import { start, stopAll, until } from './processes.ts'

const [limits = 'no-limits', size = '1000000'] = process.argv.slice(2)
const members = Number(size)
const churn = members / 200
const port = 24_995
const origin = `http://127.0.0.1:${port}`
const connectionId = 'con_bench'
const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
const store = openStore(join(folder, 'causeway.db'), createSecretBox(Buffer.alloc(32, 1)))
const clock = { nowMs: () => Date.now() }
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const unlimited: Pick<AudienceStore, 'takeCall'> = { takeCall: async () => ({ granted: true, used: [0, 0] }) }
const sync = createSyncMembers({
  audiences: { ...store.audiences, ...(limits === 'limits' ? {} : unlimited) },
  ...{ connections: store.connections, clock, log: silent },
  segments: createStatsigSegments({ consoleUrl: `${origin}/console/v1`, clock }),
})

let peakMb = 0
const sampling = setInterval(
  () => (peakMb = Math.max(peakMb, Math.round(process.memoryUsage.rss() / 1_048_576))),
  100,
)

/** As many as the lane reads at a time. */
const foldedAtOnce = 10_000
let said = Date.now() - 100_000
async function fold(from: number, count: number, isMember: boolean): Promise<void> {
  said += 1
  for (let at = from; at < from + count; at += foldedAtOnce) {
    const words = Array.from(
      { length: Math.min(foldedAtOnce, from + count - at) },
      (_, index): PlacedMembership => {
        // As random as real ids are: each fold touches all of the ledger.
        const userId = `user-${(Math.imul(at + index, 2_654_435_761) >>> 0).toString(36)}-${at + index}`
        return {
          audience: 'vip',
          computationId: 'aud_1',
          isMember,
          atMs: said,
          atNs: 0,
          seq: 1,
          ids: { userId },
        }
      },
    )
    await store.audiences.fold(connectionId, words, clock.nowMs())
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function measured(
  what: string,
  least: number,
  work: () => Promise<SyncResult | undefined>,
): Promise<void> {
  peakMb = Math.round(process.memoryUsage.rss() / 1_048_576)
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  const { user, system } = process.cpuUsage(cpu)
  const calls = result === undefined ? '' : `${result.calls} calls (least ${least}) · ${result.state} · `
  console.log(
    `${what}: ${seconds} s · ${calls}cpu ${((user + system) / 1e6).toFixed(1)} s · peak ${peakMb} MB`,
  )
  if (result && (result.calls !== least || result.state !== 'idle')) process.exitCode = 1
}

async function run(mode: SyncMode): Promise<SyncResult> {
  await store.audiences.request(connectionId, 'vip', mode)
  const input = { connectionId, audience: 'vip', nowMs: clock.nowMs() }
  return new MockActivityEnvironment().run<[SyncInput], SyncResult, typeof sync>(sync, input)
}

/** The list and the ledger, id for id. */
async function compare(): Promise<void> {
  const answer = await fetch(`${origin}/_sandbox/statsig/id_lists/vip`)
  const { ids } = (await answer.json()) as { ids: string[] }
  const audience = await store.audiences.get(connectionId, 'vip')
  if (!audience) throw new Error('no audience')
  const wanted = await store.audiences.desiredIds(audience, { after: '', limit: 2 * members })
  const isEqual = new Set(ids).size === wanted.length && new Set([...ids, ...wanted]).size === wanted.length
  console.log(`list ${ids.length}, ledger ${wanted.length}: ${isEqual ? 'equal' : 'DIFFERENT'}`)
  if (!isEqual) process.exitCode = 1
}

try {
  start('bench/audience-sandbox.ts', [String(port), limits])
  await until(async () => (await fetch(`${origin}/healthz`)).ok)
  await store.connections.create({
    ...{ id: connectionId, name: 'Bench', setup: 'manual', writeKey: 'bench', settings: defaultSettings },
    keys: { 'statsig.consoleKey': 'console-bench' },
    nowMs: clock.nowMs(),
  })
  console.log(`${members} members, ${limits}`)
  await measured('fold', 0, async () => {
    await fold(0, members, true)
    return undefined
  })
  await measured('first load', leastCalls(members, 0), () => run('changes'))
  await fold(members, churn, true)
  await fold(0, churn, false)
  await measured('1 % churn', leastCalls(churn, churn), () => run('changes'))
  await measured('full resync', leastCalls(members, 0), () => run('full'))
  await measured('comparison', 0, () => run('reconcile'))
  await compare()
} finally {
  clearInterval(sampling)
  await stopAll()
  await store.close()
  rmSync(folder, { recursive: true })
}
