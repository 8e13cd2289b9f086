/**
 * A request as the store keeps it, read again: the same unpacking at accept, in the drain, in the explorer and in
 * replays, so that a position in the body always means the same message.
 */
import type { LaneName } from './lanes.ts'
import type { AcceptedRequest } from './ports.ts'
import type { BatchContext, Receipt } from './receipt.ts'
import { messageTypeOf, unpackTracking, unpackWebhook, type TrackingCall, type Unpacked } from './segment.ts'
import { readSdkCall, unpackStatsigSdk, unpackStatsigWebhook } from './statsig-request.ts'

type StoredRequest = Pick<AcceptedRequest, 'source' | 'call' | 'receivedAtMs' | 'callerIp'> & {
  requestId?: number
}

const decoder = new TextDecoder()

/** A body as JSON. A UTF-8 byte order mark is dropped, broken UTF-8 becomes U+FFFD. Throws SyntaxError. */
export function parseBody(body: Uint8Array): unknown {
  return JSON.parse(decoder.decode(body))
}

/** The messages of a body by the door and call it came through. */
export function unpackStored(
  { source, call }: Pick<StoredRequest, 'source' | 'call'>,
  body: unknown,
): Unpacked {
  if (source === 'webhook') return unpackWebhook(body)
  if (source === 'statsig_webhook') return unpackStatsigWebhook(body)
  if (source === 'statsig_sdk') return unpackStatsigSdk(body)
  return unpackTracking(body, call as TrackingCall)
}

/** The same for one lane: an entry of `forward` is the whole request, handed out as its text. */
export function unpackForLane(
  lane: LaneName,
  door: Pick<StoredRequest, 'source' | 'call'>,
  body: Uint8Array,
): Unpacked {
  if (lane === 'forward') return { ok: true, items: [decoder.decode(body)], batch: {} }
  return unpackStored(door, parseBody(body))
}

export function receiptOf(
  { receivedAtMs, source, call, callerIp, requestId }: StoredRequest,
  batch: BatchContext,
): Receipt {
  const isStatsigs = source === 'statsig_webhook' || source === 'statsig_sdk'
  const callType = isStatsigs ? undefined : messageTypeOf(call as TrackingCall)
  const receipt = { receivedAtMs, source, callType, callerIp, batch, requestId }
  if (source !== 'statsig_sdk') return receipt
  const { key: sdkKey, clockBehindMs } = readSdkCall(call)
  return { ...receipt, sdkKey, clockBehindMs }
}
