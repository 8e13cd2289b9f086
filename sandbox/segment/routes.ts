// Segment's half of the sandbox: what it remembers, and its routes. The list of routes is the table of contents.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { SandboxEnv } from '../connection.ts'
import type { Faults } from '../faults.ts'
import { Outbox } from './delivery/outbox.ts'
import { KnobBoard, knobRoutes } from './knobs.ts'
import { MessageLog } from './message-log.ts'
import { Grants } from './oauth/grants.ts'
import { oauthRoutes } from './oauth/routes.ts'
import type { ApiRequest } from './public-api/guard.ts'
import { RateLimit } from './public-api/rate-limit.ts'
import { publicApi } from './public-api/routes.ts'
import { sourceSettings } from './source-settings.ts'
import { tracking, trackingPaths } from './tracking.ts'
import { Workspace } from './workspace.ts'

export interface SegmentDeps {
  nowMs: () => number
  newId: () => string
  faults: Faults
}

export interface Segment {
  routes: Hono<SandboxEnv>
  /** Back to what stood there at the start; what is on its way to a destination is cut. */
  forget: () => void
}

/** Builds the stand-in for Segment, without messages and destinations. */
export function createSegment({ nowMs, newId, faults }: SegmentDeps): Segment {
  const messageLog = new MessageLog()
  const workspace = new Workspace()
  const board = new KnobBoard()
  const rateLimit = new RateLimit()
  const outbox = new Outbox({ nowMs, newId, random: Math.random, board, workspace })
  const requests: ApiRequest[] = []
  const grants = new Grants({ nowMs, board })
  const granted = (token: string) => grants.accessOf(token)
  const routes = new Hono<SandboxEnv>()

  // Tracking API
  for (const [path, type] of trackingPaths) {
    routes.use(path, cors())
    routes.post(
      path,
      tracking(type, { nowMs, faults, messageLog, onTaken: (message) => outbox.take(message) }),
    )
  }
  routes.use('/v1/projects/*', cors())
  routes.get('/v1/projects/:writeKey/settings', sourceSettings())

  // Public API
  routes.route('/', publicApi({ nowMs, newId, faults, board, workspace, granted, rateLimit, requests }))

  // OAuth provider
  routes.route('/', oauthRoutes({ newId, faults, board, workspace, grants }))

  // Inspection
  routes.get('/_sandbox/segment/messages', (c) => {
    const headers = { 'content-type': 'application/json', 'x-message-count': String(messageLog.count) }
    return c.body(messageLog.json(), 200, headers)
  })
  routes.get('/_sandbox/segment/requests', (c) => c.json(messageLog.requests))
  routes.get('/_sandbox/segment/discarded', (c) => c.json(messageLog.discarded))

  routes.get('/_sandbox/segment/destinations', (c) => c.json(workspace.inventory()))
  routes.get('/_sandbox/segment/deliveries', (c) => c.json(outbox.deliveries))
  routes.get('/_sandbox/segment/grants', (c) => c.json(grants.shown()))
  routes.get('/_sandbox/segment/api_requests', (c) => c.json(requests))
  routes.route('/_sandbox/segment/settings', knobRoutes(board))

  const forget = () => {
    for (const part of [messageLog, workspace, rateLimit, grants, outbox]) part.forget()
    board.reset()
    requests.length = 0
  }
  return { routes, forget }
}
