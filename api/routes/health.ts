/** /healthz for load balancers, /readyz for the whole: honest, with a reason for each check that fails. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { LaneState } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'

/** Each worker beats every 5 s. */
const beatMsMax = 20_000
/** A drain commits or records a failed attempt at least once a minute. */
const stalledMs = 120_000
const workers = ['worker', 'bulk-worker']

type Check = { ok: true } | { ok: false; reason: string }

export function registerHealth(app: OpenAPIHono, deps: ApiDeps): void {
  app.get('/healthz', async (c) => {
    const store = await checkStore(deps)
    return c.json(store, store.ok ? 200 : 503)
  })
  app.get('/readyz', async (c) => {
    const checks = await checkAll(deps)
    const ready = Object.values(checks).every(({ ok }) => ok)
    return c.json({ ready, checks }, ready ? 200 : 503)
  })
}

async function checkAll(deps: ApiDeps): Promise<Record<string, Check>> {
  const [store, temporal, beats, lanes, sandbox] = await Promise.all([
    checkStore(deps),
    deps.starter.reachable(),
    deps.store.processes.list(),
    deps.store.processes.allLanes(),
    deps.probeSandbox?.(),
  ])
  const nowMs = deps.clock.nowMs()
  const beatOf = (name: string) => beats.find((beat) => beat.name === name)?.atMs ?? -Infinity
  const stalled = lanes
    .filter((lane) => isStalled(lane, nowMs))
    .map(({ connectionId, lane }) => `${connectionId}/${lane}`)
  return {
    store,
    temporal: check(temporal, 'Temporal cannot be reached; events are accepted and kept.'),
    ...Object.fromEntries(
      workers.map((name) => [
        name,
        check(nowMs - beatOf(name) < beatMsMax, `No sign of life of the ${name} for 20 s.`),
      ]),
    ),
    lanes: check(stalled.length === 0, `Nothing moves in: ${stalled.slice(0, 10).join(', ')}`),
    ...(sandbox === undefined ? {} : { sandbox: check(sandbox, 'The sandbox does not answer.') }),
  }
}

const check = (ok: boolean, reason: string): Check => (ok ? { ok } : { ok, reason })

async function checkStore({ store, clock }: ApiDeps): Promise<Check> {
  try {
    await store.processes.probe(clock.nowMs())
    return { ok: true }
  } catch (error) {
    return check(false, error instanceof Error ? error.message : 'unknown fault')
  }
}

/** Work waits, nobody holds it back on purpose, and no drain has shown life. */
function isStalled(
  { state, paused, pending, oldestPendingAtMs, touchedAtMs, lane }: LaneState,
  nowMs: number,
): boolean {
  if (pending === 0 || paused || state === 'paused' || state === 'needs_attention') return false
  if (lane === 'audiences' || lane === 'outbound' || lane === 'forward') return false
  return nowMs - Math.max(touchedAtMs, oldestPendingAtMs ?? nowMs) > stalledMs
}
