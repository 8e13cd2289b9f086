// A message as Segment hands it on to destinations: what the batch says merged in, times corrected, an id where there
// was none (segment.com/docs/connections/spec/common, read 2025-11; one archived event of a public repository).
import { isRecord, type Message } from '../judge-message.ts'
import type { TakenMessage } from '../tracking.ts'

/** The event; `messageId` is for a message without one. */
export function deliveredEvent(taken: TakenMessage, messageId: string): Message & { messageId: string } {
  const { message, type, envelope, writeKey, receivedAtMs } = taken
  const sentAt = message.sentAt ?? envelope.sentAt ?? null
  const originalTimestamp = message.timestamp ?? new Date(receivedAtMs).toISOString()
  return {
    ...message,
    type,
    channel: message.channel ?? 'server',
    context: merged(envelope.context, message.context),
    integrations: merged(envelope.integrations, message.integrations),
    messageId:
      typeof message.messageId === 'string' && message.messageId !== '' ? message.messageId : messageId,
    originalTimestamp,
    receivedAt: new Date(receivedAtMs).toISOString(),
    sentAt,
    timestamp: correctedTime(originalTimestamp, sentAt, receivedAtMs),
    version: 2,
    writeKey,
  }
}

/** Whether the message's `integrations` lets it through to a destination of that name. */
export function isAllowed(integrations: unknown, destination: string): boolean {
  if (!isRecord(integrations)) return true
  const own = integrations[destination]
  return own === undefined ? integrations.All !== false : own !== false
}

function merged(ofBatch: unknown, own: unknown): Message {
  return { ...(isRecord(ofBatch) ? ofBatch : {}), ...(isRecord(own) ? own : {}) }
}

function correctedTime(original: unknown, sentAt: unknown, receivedAtMs: number): unknown {
  const [originalMs, sentAtMs] = [original, sentAt].map((time) => Date.parse(String(time)))
  if (originalMs === undefined || Number.isNaN(originalMs)) return new Date(receivedAtMs).toISOString()
  if (sentAtMs === undefined || Number.isNaN(sentAtMs)) return original
  return new Date(receivedAtMs - (sentAtMs - originalMs)).toISOString()
}
