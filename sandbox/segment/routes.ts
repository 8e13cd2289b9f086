// Segment's half of the sandbox: what it remembers, and its routes. The list of routes is the table of contents.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { SandboxEnv } from '../connection.ts'
import type { Faults } from '../faults.ts'
import { MessageLog } from './message-log.ts'
import { sourceSettings } from './source-settings.ts'
import { tracking, trackingPaths } from './tracking.ts'

export interface SegmentDeps {
  nowMs: () => number
  faults: Faults
}

export interface Segment {
  routes: Hono<SandboxEnv>
  /** Back to what stood there at the start. */
  forget: () => void
}

/** Builds the stand-in for Segment, without messages. */
export function createSegment({ nowMs, faults }: SegmentDeps): Segment {
  const messageLog = new MessageLog()
  const routes = new Hono<SandboxEnv>()

  // Tracking API
  for (const [path, type] of trackingPaths) {
    routes.use(path, cors())
    routes.post(path, tracking(type, { nowMs, faults, messageLog, onTaken: () => undefined }))
  }
  routes.use('/v1/projects/*', cors())
  routes.get('/v1/projects/:writeKey/settings', sourceSettings())

  // Inspection
  routes.get('/_sandbox/segment/messages', (c) => {
    const headers = { 'content-type': 'application/json', 'x-message-count': String(messageLog.count) }
    return c.body(messageLog.json(), 200, headers)
  })
  routes.get('/_sandbox/segment/requests', (c) => c.json(messageLog.requests))
  routes.get('/_sandbox/segment/discarded', (c) => c.json(messageLog.discarded))

  return { routes, forget: () => messageLog.forget() }
}
