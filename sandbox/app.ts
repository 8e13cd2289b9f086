// The sandbox: one origin that speaks both vendors' wires for development, demos, tests and benches. It knows nothing
// of the product. The list of routes below is its table of contents. In memory only: a restart forgets.
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { SandboxEnv } from './connection.ts'
import { faultRoutes } from './fault-routes.ts'
import { Faults } from './faults.ts'
import { createSegment } from './segment/routes.ts'
import { CallLimit } from './statsig/call-limit.ts'
import { configSpecs } from './statsig/config-specs.ts'
import { consoleSegments } from './statsig/console-segments.ts'
import { EventLog } from './statsig/event-log.ts'
import { Experiments, experimentsOf } from './statsig/experiments.ts'
import { idListFile, idLists } from './statsig/id-lists.ts'
import { logEvent } from './statsig/log-event.ts'
import { SegmentStore } from './statsig/segment-store.ts'
import { UnitIdTypes, unitIdTypes } from './statsig/unit-id-types.ts'

export interface SandboxDeps {
  nowMs: () => number
  /** Makes ids and tokens; at random unless told otherwise. */
  newId?: () => string
  /** False: calls that change ID lists are not limited, for benches. */
  withLimits?: boolean
}

export interface Sandbox {
  app: Hono<SandboxEnv>
  /** Cuts what is on its way to a destination. */
  stop: () => void
}

/** Builds the stand-ins for both vendors, empty and without faults. */
export function createSandbox({ nowMs, newId = randomUUID, withLimits = true }: SandboxDeps): Sandbox {
  const faults = new Faults()
  const eventLog = new EventLog()
  const idTypes = new UnitIdTypes()
  const experiments = new Experiments()
  const segments = new SegmentStore(nowMs)
  const limit = new CallLimit()
  limit.isOn = withLimits
  const segment = createSegment({ nowMs, newId, faults })
  const app = new Hono<SandboxEnv>()

  app.get('/healthz', (c) => c.json({ status: 'ok' }))

  // Statsig, SDK side
  const takeEvents = logEvent({ nowMs, faults, eventLog })
  for (const path of ['/v1/log_event', '/v1/rgstr']) {
    app.use(path, cors())
    app.post(path, takeEvents)
  }
  for (const version of ['v1', 'v2'] as const) {
    app.get(`/${version}/download_config_specs/:file?`, configSpecs({ version, segments }))
  }
  app.on(['GET', 'POST'], '/v1/get_id_lists/:file?', idLists(segments))
  app.get('/v1/id_list_files/:id', idListFile(segments))

  // Statsig, console side
  app.on(['GET', 'POST'], '/console/v1/unit_id_types', unitIdTypes(idTypes, faults))
  app.on(['GET', 'POST'], '/console/v1/experiments', experimentsOf(experiments, faults))
  app.route('/console/v1/segments', consoleSegments({ nowMs, faults, segments, idTypes, limit }))

  // Segment
  app.route('/', segment.routes)

  // Inspection
  app.get('/_sandbox/statsig/events', (c) => {
    const headers = { 'content-type': 'application/json', 'x-event-count': String(eventLog.eventCount) }
    return c.body(eventLog.eventsJson(), 200, headers)
  })
  app.get('/_sandbox/statsig/id_lists/:id', (c) => {
    const list = segments.get(c.req.param('id'))
    return list ? c.json({ ids: [...list.ids] }) : c.json({ message: 'No such list.' }, 404)
  })
  app.get('/_sandbox/statsig/requests', (c) => c.json(eventLog.requests))
  app.route('/_sandbox/faults', faultRoutes(faults))
  app.delete('/_sandbox', (c) => {
    faults.clear()
    eventLog.forget()
    idTypes.forget()
    experiments.forget()
    segments.forget()
    limit.forget()
    segment.forget()
    return c.body(null, 204)
  })

  app.notFound((c) => c.json({ message: `The sandbox has no ${c.req.method} ${c.req.path}.` }, 404))
  app.onError((error, c) => c.json({ success: false, message: error.message }, 500))
  return { app, stop: () => segment.forget() }
}
