// Segment's tracking API: /v1/{track,…,batch} and the browser's short paths. 200 says that the JSON could be read and
// nothing more: messages of unknown write keys, or without an id, are dropped behind it (segment.com/docs, HTTP API
// "Errors"; github.com/segmentio/analytics-go issue 205; both read 2026-08).
import type { Context, Handler } from 'hono'
import { actOut, type Faults } from '../faults.ts'
import type { SandboxEnv } from '../connection.ts'
import { BodyRefused } from '../request-body.ts'
import { dropReasonOf, type Message, type MessageType } from './judge-message.ts'
import type { MessageLog, TrackingRequest } from './message-log.ts'
import { readTrackingBody, type TrackingBody, type TrackingItem } from './tracking-body.ts'
import { isKnownWriteKey, writeKeyOf } from './write-keys.ts'

/** A batch of more messages is answered 200 and dropped whole. */
const MESSAGES_MAX = 2_500

/** Every path and the type of message that it takes; undefined takes a batch. */
export const trackingPaths: readonly (readonly [path: string, type: MessageType | undefined])[] = [
  ['/v1/track', 'track'],
  ['/v1/identify', 'identify'],
  ['/v1/page', 'page'],
  ['/v1/screen', 'screen'],
  ['/v1/group', 'group'],
  ['/v1/alias', 'alias'],
  ['/v1/t', 'track'],
  ['/v1/i', 'identify'],
  ['/v1/p', 'page'],
  ['/v1/s', 'screen'],
  ['/v1/g', 'group'],
  ['/v1/a', 'alias'],
  ['/v1/batch', undefined],
  ['/v1/import', undefined],
  ['/v1/b', undefined],
]

/** A message that Segment took, on its way to the source's destinations. */
export interface TakenMessage {
  writeKey: string
  type: MessageType
  message: Message
  /** What the batch says for each of its messages. */
  envelope: Message
  receivedAtMs: number
}

export interface TrackingDeps {
  nowMs: () => number
  faults: Faults
  messageLog: MessageLog
  onTaken: (message: TakenMessage) => void
}

/** Takes a single call of that type, or a batch. */
export function tracking(type: MessageType | undefined, deps: TrackingDeps): Handler<SandboxEnv> {
  return async (c) => {
    const receivedAtMs = deps.nowMs()
    const body = await readTrackingBody(c, type)
    const writeKey = writeKeyOf(c, body instanceof BodyRefused ? {} : body.envelope)
    const fault = deps.faults.take('segment.batch')
    const answer = (fault && (await actOut(fault, c))) ?? judge(c, { body, writeKey, receivedAtMs }, deps)
    const status = fault?.hangUp === true ? null : answer.status
    deps.messageLog.addRequest({
      ...describe(c, type, body),
      receivedAtMs,
      status,
      writeKey: writeKey ?? null,
    })
    return answer
  }
}

interface Call {
  body: TrackingBody | BodyRefused
  writeKey: string | undefined
  receivedAtMs: number
}

function judge(c: Context, { body, writeKey, receivedAtMs }: Call, deps: TrackingDeps): Response {
  if (body instanceof BodyRefused) return c.json({ success: false, message: body.message }, 400)
  if (writeKey === undefined) return c.json({ success: false, message: 'A write key is needed.' }, 400)
  const { items, envelope } = body
  const discard = (reason: string, message: unknown) =>
    deps.messageLog.discard({ receivedAtMs, writeKey, reason, message })
  if (items === undefined || items.length === 0) discard('empty_batch', envelope)
  const reasonForAll = isKnownWriteKey(writeKey) ? tooMany(items) : 'unknown_source'
  const taken: TrackingItem[] = []
  for (const item of items ?? []) {
    const reason = reasonForAll ?? dropReasonOf(item.message, item.type)
    if (reason === undefined) taken.push(item)
    else discard(reason, item.message)
  }
  deps.messageLog.add(joined(taken), taken.length)
  for (const { message, type } of taken) {
    deps.onTaken({ writeKey, type: type as MessageType, message: message as Message, envelope, receivedAtMs })
  }
  return c.json({ success: true })
}

function tooMany(items: TrackingItem[] | undefined): string | undefined {
  return items !== undefined && items.length > MESSAGES_MAX ? 'bad_request' : undefined
}

function joined(items: TrackingItem[]): Buffer {
  const comma = Buffer.from(',')
  return Buffer.concat(items.flatMap(({ text }, index) => (index === 0 ? [text] : [comma, text])))
}

type Description = Pick<TrackingRequest, 'path' | 'messageCount' | 'headers' | 'envelope'>

function describe(c: Context, type: MessageType | undefined, body: TrackingBody | BodyRefused): Description {
  const isRead = !(body instanceof BodyRefused)
  const telling = /^(content-type|content-encoding|content-length|user-agent|origin|x-retry-count)$/
  return {
    path: c.req.path,
    messageCount: isRead ? (body.items?.length ?? 0) : null,
    headers: Object.fromEntries(Object.entries(c.req.header()).filter(([name]) => telling.test(name))),
    envelope: isRead && type === undefined ? withoutKey(body.envelope) : null,
  }
}

function withoutKey(envelope: Message): Message {
  return Object.fromEntries(Object.entries(envelope).filter(([name]) => name !== 'writeKey'))
}
