/** PATCH /connections/:id: RFC 7396 merge, arrays whole, in force at the next run that a drain reads; and the retry. */
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi'
import type {
  Connection as StoredConnection,
  ConnectionChange,
  ConnectionStore,
  LaneState,
} from '../../core/ports.ts'
import { ConnectionSettings } from '../../core/settings.ts'
import { requireSecretsRole } from '../access.ts'
import type { ApiDeps } from '../deps.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers, ConnectionPath, jsonBody } from '../openapi.ts'
import { Connection, ConnectionPatch, keysOf, toWire } from '../wire/connection.ts'

const route = createRoute({
  method: 'patch',
  path: '/connections/{id}',
  summary: 'Change a connection',
  request: { params: ConnectionPath, body: jsonBody(ConnectionPatch) },
  responses: answers(200, Connection, 'The connection as it is now.', [400, 404, 409, 422]),
})

const retryRoute = createRoute({
  method: 'post',
  path: '/connections/{id}/retry',
  summary: 'Try again after `needs_attention`',
  description:
    'Says that what was wrong is right now: lanes that waited for a person go on from where they stopped.',
  request: { params: ConnectionPath },
  responses: answers(200, Connection, 'The connection as it is now.', [404]),
})

export function registerPatchConnection(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const patch = c.req.valid('json')
    requireSecretsRole(c.get('principal').role, keysOf<string | null>(patch))
    // Built in the store's transaction: of two changes at once neither undoes the other.
    const change = (before: StoredConnection) => changeOf(patch, before.settings)
    return c.json(await changeAndWake(deps, id, change), 200)
  })
  app.openapi(retryRoute, async (c) =>
    c.json(await changeAndWake(deps, c.req.valid('param').id, { retry: true }), 200),
  )
}

async function changeAndWake(
  deps: ApiDeps,
  id: string,
  change: Parameters<ConnectionStore['update']>[1],
): Promise<z.infer<typeof Connection>> {
  const after = await deps.store.connections.update(id, change, deps.clock.nowMs())
  for (const lane of await deps.store.connections.lanes(id))
    if (!after.paused && isWaiting(lane, deps.clock.nowMs())) deps.waker.wake(id, lane.lane)
  // Syncs that waited for the console key or for the end of a pause look again.
  if (!after.paused) void wakeSyncs(deps, id)
  return toWire(deps, after)
}

async function wakeSyncs({ store, audienceSyncs, log }: ApiDeps, id: string): Promise<void> {
  try {
    for (const { key, state } of await store.audiences.list(id, { limit: 1_000 }))
      if (state === 'paused' || state === 'needs_attention') await audienceSyncs.now(id, key)
  } catch (error) {
    log.warn({ event: 'audience.wake_failed', id, error: String(error) }, 'audience.wake_failed')
  }
}

/** Asleep with a backlog, or resting until its hour or until a vendor wants to be asked again. */
const isWaiting = ({ state, pending, paused, touchedAtMs }: LaneState, nowMs: number) =>
  (state === 'asleep' || (state === 'running' && touchedAtMs > nowMs)) && pending > 0 && !paused

function changeOf(patch: ConnectionPatch, before: ConnectionSettings): ConnectionChange {
  const { name, paused, statsig, segment, ...settings } = patch
  const change: ConnectionChange = { keys: keysOf<string | null>({ statsig, segment }) }
  if (name !== undefined) change.name = name
  if (typeof paused === 'boolean') change.paused = paused
  else if (paused !== undefined) change.lanePauses = paused
  if (Object.keys(settings).length > 0) change.settings = parseSettings(merge(before, settings))
  return change
}

function parseSettings(merged: unknown): ConnectionSettings {
  const parsed = ConnectionSettings.safeParse(merged)
  if (!parsed.success) throw new InvalidRequest(parsed.error.issues)
  return parsed.data
}

/** RFC 7396: null removes, objects merge, everything else replaces. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isPlain(patch)) return patch
  const merged = new Map(Object.entries(isPlain(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, merge(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
