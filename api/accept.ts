/**
 * Accept: a body is read, its messages are sorted into lanes, and the request is on disk before anyone is told so.
 * Every door of ingest goes through here; what differs is who may enter and by which call.
 */
import type { Context } from 'hono'
import { BridgeError } from '../core/errors.ts'
import type { LaneName } from '../core/lanes.ts'
import type { AcceptedRequest } from '../core/ports.ts'
import type { Receipt } from '../core/receipt.ts'
import { lanesOf } from '../core/route-lanes.ts'
import { parseBody, receiptOf, unpackStored } from '../core/stored-request.ts'
import { callerAddress } from './caller-address.ts'
import type { ApiDeps } from './deps.ts'
import { readBody } from './read-body.ts'

/**
 * Far more than any sender puts into 16 MB (Segment's own limit is 2,500). Without it a body of `1,1,1,…` would be
 * eight million entries, and what is stored would be fifty times what was sent.
 */
export const requestMessagesMax = 100_000

/** A request that has been read and not yet accepted. */
export interface Arrived {
  receivedAtMs: number
  callerIp: string | undefined
  body: Uint8Array
  /** The body as JSON. */
  parsed: unknown
}

/** Reads a request. Throws `disk_full`, `body_too_large`, `not_json`. */
export async function readArrived(c: Context, deps: ApiDeps): Promise<Arrived> {
  if (deps.isDiskFull()) throw new BridgeError('disk_full', 'Nothing more is accepted until there is room.')
  const receivedAtMs = deps.clock.nowMs()
  const body = await readBody(c)
  return { receivedAtMs, callerIp: callerAddress(c, deps.trustedProxies), body, parsed: parse(body) }
}

/** Puts the messages of a request on disk, `forward` its bytes as well, and wakes the lanes that sleep. Throws what `unpackStored` refuses, `body_too_large`. */
export async function accept(
  deps: ApiDeps,
  { parsed, ...arrived }: Arrived,
  door: Pick<AcceptedRequest, 'connectionId' | 'source' | 'call'>,
  forward = false,
): Promise<void> {
  const request = { ...door, ...arrived }
  const unpacked = unpackStored(request, parsed)
  if (!unpacked.ok) throw new BridgeError(unpacked.code, unpacked.message)
  if (unpacked.items.length === 0) return
  if (unpacked.items.length > requestMessagesMax) {
    throw new BridgeError('body_too_large', `The limit is ${requestMessagesMax} messages a request.`)
  }
  const isOutbound = door.source === 'statsig_webhook' || door.source === 'statsig_sdk'
  const lanes = isOutbound
    ? outboundLanes(unpacked.items.length, forward)
    : sortIntoLanes(unpacked.items, receiptOf(request, unpacked.batch), deps.config.lateAfterMs)
  const { asleep } = await deps.store.inbox.append({ ...request, lanes })
  for (const lane of asleep) deps.waker.wake(request.connectionId, lane)
}

function parse(body: Uint8Array): unknown {
  try {
    return parseBody(body)
  } catch (cause) {
    throw new BridgeError('not_json', cause instanceof Error ? cause.message.slice(0, 200) : 'unreadable', {
      cause,
    })
  }
}

/** The user of an `Authorization: Basic` header, with or without the colon behind it; undefined when blank. */
export function basicUser(header: string | undefined): string | undefined {
  const match = header === undefined ? null : /^basic +([a-z0-9+/=_-]+) *$/i.exec(header)
  const user = match?.[1] && Buffer.from(match[1], 'base64').toString().split(':', 1)[0]
  return user === '' ? undefined : user
}

/** Everything of Statsig's side goes to one lane; where it is forwarded, the whole request is one entry of another. */
function outboundLanes(count: number, forward: boolean): AcceptedRequest['lanes'] {
  const outbound = { lane: 'outbound', items: undefined, count, sole: true } as const
  return forward ? [outbound, { lane: 'forward', items: undefined, count: 1, sole: true }] : [outbound]
}

/** What one row of a lane's log names at most: a drain reads the whole row for each thousand entries that it ends. */
const namedItemsMax = 1_000

interface Run {
  lane: LaneName
  sole: boolean
  items: number[]
}

/**
 * Which items go where: runs in the order of the body, so that a lane's order is the sender's. A run that takes the
 * whole body names no items.
 */
export function sortIntoLanes(
  items: readonly unknown[],
  receipt: Receipt,
  lateAfterMs: number,
): AcceptedRequest['lanes'] {
  const runs: Run[] = []
  const lastOf = new Map<LaneName, Run>()
  items.forEach((item, index) => {
    const lanes = lanesOf(item, receipt, lateAfterMs)
    const sole = lanes.length === 1
    for (const lane of lanes) {
      const last = lastOf.get(lane)
      if (last?.sole === sole) {
        last.items.push(index)
        continue
      }
      const run = { lane, sole, items: [index] }
      lastOf.set(lane, run)
      runs.push(run)
    }
  })
  return runs.flatMap((run) => rowsOf(run, items.length))
}

function rowsOf({ lane, sole, items }: Run, bodyItems: number): AcceptedRequest['lanes'] {
  if (items.length === bodyItems) return [{ lane, sole, count: bodyItems, items: undefined }]
  const rows: AcceptedRequest['lanes'] = []
  for (let from = 0; from < items.length; from += namedItemsMax) {
    const named = items.slice(from, from + namedItemsMax)
    rows.push({ lane, sole, count: named.length, items: named })
  }
  return rows
}
