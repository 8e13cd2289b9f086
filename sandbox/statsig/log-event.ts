// POST /v1/log_event and /v1/rgstr, one ingestion under two names, as Statsig answers it (HTTP API reference and
// server SDK sources, read 2026-08): 202 {"success":true} means queued. Events are not judged one by one, since
// Statsig drops bad ones in silence. Every answer has a JSON body: the Rust-based SDK sends a batch again after an
// empty one.
import { createHash } from 'node:crypto'
import type { Context, Handler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { actOut, type Faults } from '../faults.ts'
import type { SandboxEnv } from '../connection.ts'
import { withoutBom } from '../json-text.ts'
import { BodyRefused, readBody } from '../request-body.ts'
import type { EventLog, LoggedRequest } from './event-log.ts'
import { eventsTextOf } from './events-text.ts'
import { isSdkKeyAccepted, kindOfKey, sdkKeyOf } from './keys.ts'

/** Statsig's documented limit of a request, read strictly: on the wire and unpacked. */
export const BODY_BYTES_MAX = 10_000_000

interface Batch {
  events: unknown[]
  envelope: Record<string, unknown>
  text: Buffer
}

export interface LogEventDeps {
  nowMs: () => number
  faults: Faults
  eventLog: EventLog
}

/** Takes a batch of events, or refuses it whole. */
export function logEvent({ nowMs, faults, eventLog }: LogEventDeps): Handler<SandboxEnv> {
  return async (c) => {
    const receivedAtMs = nowMs()
    const batch = await readBatch(c)
    const eventNames = () => namesIn(batch instanceof BodyRefused ? [] : batch.events)
    const fault = faults.take('statsig.log_event', eventNames)
    const answer = (fault && (await actOut(fault, c))) ?? judge(c, batch, eventLog)
    const status = fault?.hangUp === true ? null : answer.status
    eventLog.addRequest({ receivedAtMs, ...describe(c, batch), status })
    return answer
  }
}

function judge(c: Context, batch: Batch | BodyRefused, eventLog: EventLog): Response {
  if (!isSdkKeyAccepted(sdkKeyOf(c))) return refuse(c, 401, 'A live secret- or client- key is needed.')
  if (batch instanceof BodyRefused) return refuse(c, batch.status, batch.message)
  eventLog.addEvents(batch.text, batch.events.length)
  return c.json({ success: true }, 202)
}

function refuse(c: Context, status: ContentfulStatusCode, message: string): Response {
  return c.json({ success: false, message }, status)
}

async function readBatch(c: Context): Promise<Batch | BodyRefused> {
  try {
    return parseBatch(withoutBom(await readBody(c, BODY_BYTES_MAX)))
  } catch (error) {
    if (error instanceof BodyRefused) return error
    if (error instanceof SyntaxError) return new BodyRefused(400, 'The body is not JSON.')
    throw error
  }
}

function parseBatch(body: Buffer): Batch {
  const json: unknown = JSON.parse(body.toString('utf8'))
  if (typeof json !== 'object' || json === null || !('events' in json) || !Array.isArray(json.events)) {
    throw new BodyRefused(400, 'The body is not an object with an array of events.')
  }
  const { events, ...envelope } = json
  return { events: events as unknown[], envelope, text: eventsTextOf(body) }
}

function namesIn(events: readonly unknown[]): Set<string> {
  const nameOf = (event: unknown) =>
    typeof event === 'object' && event !== null && 'eventName' in event ? event.eventName : undefined
  return new Set(events.map(nameOf).filter((name) => typeof name === 'string'))
}

type Description = Omit<LoggedRequest, 'receivedAtMs' | 'status'>

function describe(c: Context, batch: Batch | BodyRefused): Description {
  const key = sdkKeyOf(c)
  const isRead = !(batch instanceof BodyRefused)
  return {
    path: c.req.path,
    keyKind: kindOfKey(key) ?? null,
    keySha256: key === undefined ? null : createHash('sha256').update(key).digest('hex'),
    eventCount: isRead ? batch.events.length : null,
    clientTime: timeOf(c.req.header('statsig-client-time') ?? c.req.query('t')),
    headers: tellingHeaders(c),
    envelope: isRead ? batch.envelope : null,
  }
}

function timeOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

function tellingHeaders(c: Context): Record<string, string> {
  const telling = /^(content-type|content-encoding|content-length|user-agent|origin|statsig-(?!api-key).*)$/
  return Object.fromEntries(Object.entries(c.req.header()).filter(([name]) => telling.test(name)))
}
