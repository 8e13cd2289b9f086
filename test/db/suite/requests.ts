// A connection and requests, made of what a case names and nothing else. Without vitest: other processes use them too.
import type { AcceptedRequest, Connection, KeyKind, Store } from '../../../core/ports.ts'
import { ConnectionSettings } from '../../../core/settings.ts'

export const startMs = Date.parse('2026-01-05T12:00:00.000Z')

export function create(
  store: Store,
  given: { id?: string; writeKey?: string; keys?: Partial<Record<KeyKind, string>>; nowMs?: number } = {},
): Promise<Connection> {
  const { id = 'con_1', writeKey = `write-${id}`, nowMs = startMs } = given
  const keys = given.keys ?? { 'statsig.serverKey': `secret-${id}` }
  const settings = ConnectionSettings.parse({})
  return store.connections.create({ id, name: id, setup: 'manual', writeKey, settings, keys, nowMs })
}

/** One request of track messages with these messageIds. */
export function request(messageIds: string[], given: Partial<AcceptedRequest> = {}): AcceptedRequest {
  const batch = messageIds.map((messageId) => ({
    type: 'track',
    messageId,
    event: `Event ${messageId}`,
    userId: `user-${messageId}`,
  }))
  return {
    connectionId: 'con_1',
    receivedAtMs: startMs,
    source: 'tracking',
    call: 'batch',
    callerIp: undefined,
    body: Buffer.from(JSON.stringify({ batch })),
    lanes: [{ lane: 'events', items: undefined, count: messageIds.length, sole: true }],
    ...given,
  }
}

/** Messages `prefix1`, `prefix2`, … */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`)
}
