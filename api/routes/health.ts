/** /healthz for load balancers, /readyz for the whole: honest, with a reason for each check that fails. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { LaneState } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'

/** Each worker beats every 5 s. */
const beatMsMax = 20_000
/**
 * A drain commits or records a failed attempt at least once a minute. Where a vendor asked for a longer wait, the lane
 * counts as touched until that wait ends.
 */
const stalledMs = 120_000
/** Anyone may ask, and each look at the store is a write with an fsync: those who ask within a second share one. */
const probeEveryMs = 1_000
const workers = ['worker', 'bulk-worker']

type Check = { ok: true } | { ok: false; reason: string }

export function registerHealth(app: OpenAPIHono, deps: ApiDeps): void {
  const checkStore = createStoreCheck(deps)
  app.get('/healthz', async (c) => {
    const store = await checkStore()
    return c.json(store, store.ok ? 200 : 503)
  })
  app.get('/readyz', async (c) => {
    const checks = await checkAll(deps, checkStore)
    const ready = Object.values(checks).every(({ ok }) => ok)
    return c.json({ ready, checks }, ready ? 200 : 503)
  })
}

async function checkAll(deps: ApiDeps, checkStore: () => Promise<Check>): Promise<Record<string, Check>> {
  const { starter, probeSandbox } = deps
  const beats = deps.store.processes.list()
  const [store, temporal, lanes, sandbox, ...beating] = await Promise.all([
    checkStore(),
    holds('Temporal cannot be reached; events are accepted and kept.', () => starter.reachable()),
    checkLanes(deps),
    probeSandbox && holds('The sandbox does not answer.', probeSandbox),
    ...workers.map((name) =>
      holds(`No sign of life of the ${name} for 20 s.`, async () => {
        const atMs = (await beats).find((beat) => beat.name === name)?.atMs ?? -Infinity
        return deps.clock.nowMs() - atMs < beatMsMax
      }),
    ),
  ])
  const living = Object.fromEntries(workers.map((name, index) => [name, beating[index] as Check]))
  return { store, temporal, ...living, lanes, ...(sandbox ? { sandbox } : {}) }
}

const fails = (reason: string): Check => ({ ok: false, reason })

/** A look that fails says no, like one that finds what it fears: readiness is never an error of its own. */
async function holds(reason: string, look: () => Promise<boolean>): Promise<Check> {
  try {
    return (await look()) ? { ok: true } : fails(reason)
  } catch {
    return fails(reason)
  }
}

/** Not writable is also a disk at its limit: ingest refuses then. */
function createStoreCheck(deps: ApiDeps): () => Promise<Check> {
  let last: { atMs: number; check: Promise<Check> } | undefined
  return async () => {
    if (deps.isDiskFull())
      return fails('The disk is at its limit; nothing more is accepted until there is room.')
    const nowMs = deps.clock.nowMs()
    // A clock that was put back must not leave the last answer standing.
    if (!last || nowMs < last.atMs || nowMs - last.atMs >= probeEveryMs)
      last = { atMs: nowMs, check: probeStore(deps, nowMs) }
    return last.check
  }
}

async function probeStore({ store }: ApiDeps, nowMs: number): Promise<Check> {
  try {
    await store.processes.probe(nowMs)
    return { ok: true }
  } catch (error) {
    return fails(error instanceof Error ? error.message : 'unknown fault')
  }
}

async function checkLanes({ store, clock }: ApiDeps): Promise<Check> {
  try {
    const nowMs = clock.nowMs()
    const stalled: string[] = []
    for (const lane of await store.processes.allLanes()) {
      if (!isStalled(lane, nowMs)) continue
      // A paused connection's lane may still sleep: nobody wakes it, so nobody marks it as paused.
      const connection = await store.connections.get(lane.connectionId)
      if (!connection?.paused) stalled.push(`${lane.connectionId}/${lane.lane}`)
    }
    return stalled.length === 0 ? { ok: true } : fails(`Nothing moves in: ${stalled.slice(0, 10).join(', ')}`)
  } catch {
    return fails('The lanes cannot be read.')
  }
}

/** Work waits, nobody holds it back on purpose, and no drain has shown life. */
export function isStalled(
  { state, paused, pending, oldestPendingAtMs, touchedAtMs }: LaneState,
  nowMs: number,
): boolean {
  if (pending === 0 || paused || state === 'paused' || state === 'needs_attention') return false
  return nowMs - Math.max(touchedAtMs, oldestPendingAtMs ?? nowMs) > stalledMs
}
