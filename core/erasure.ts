/**
 * Erasure of a person: whose messages go, how a shared body is rewritten without them, and how what comes later is
 * recognised. Pure. A rewritten item keeps its place, so that every other position in the body still means the same.
 */
import { emptyJson, isObject, type Json } from './own-keys.ts'
import type { AcceptedRequest } from './ports.ts'
import type { BatchContext } from './receipt.ts'
import { idText } from './segment-to-statsig/ids.ts'
import { unwrapWebhook } from './segment.ts'
import { unpackStatsigSdk } from './statsig-request.ts'
import { anyCase } from './statsig-to-segment/event.ts'
import { parseBody } from './stored-request.ts'

/** A person by the ids that messages carry; one of them is enough. */
export interface Person {
  userId?: string | undefined
  anonymousId?: string | undefined
}

export type PersonIdKind = keyof Person
export interface PersonId {
  kind: PersonIdKind
  id: string
}

/** What stands where a message stood. */
export const erasedItem = Object.freeze({ $causeway: 'erased' })

export function isErasedItem(item: unknown): boolean {
  return isObject(item) && Object.hasOwn(item, '$causeway') && item.$causeway === 'erased'
}

/**
 * The ids by which a message is somebody's: `previousId` of an alias, and a Statsig event's user, count too. What an SDK
 * says once for a request, its default user and the device's stable id, is read from `batch`.
 */
export function personIdsOf(item: unknown, batch?: BatchContext): PersonId[] {
  if (!isObject(item)) return []
  const user = isObject(item.user) ? item.user : (batch?.statsig?.user ?? emptyJson)
  const named: [PersonIdKind, unknown][] = [
    ['userId', item.userId],
    ['userId', item.previousId],
    ['userId', item.userID],
    ['userId', anyCase(user, 'userID')],
    ['anonymousId', item.anonymousId],
    ['anonymousId', item.stableID],
    ['anonymousId', isObject(item.statsigMetadata) ? item.statsigMetadata.stableID : undefined],
    ['anonymousId', batch?.statsig?.stableID],
    ...Object.values(isObject(user.customIDs) ? user.customIDs : {}).map((id): [PersonIdKind, unknown] => [
      'anonymousId',
      id,
    ]),
  ]
  return named.flatMap(([kind, value]) => {
    const id = idText(value)
    return id === undefined ? [] : [{ kind, id }]
  })
}

export function isAbout(item: unknown, person: Person, batch?: BatchContext): boolean {
  return personIdsOf(item, batch).some(({ kind, id }) => person[kind] === id)
}

/** The ids of a person, as they are hashed. */
export function idsOfPerson(person: Person): PersonId[] {
  const kinds: PersonIdKind[] = ['userId', 'anonymousId']
  return kinds.flatMap((kind) => {
    const id = person[kind]
    return id === undefined ? [] : [{ kind, id }]
  })
}

const encoder = new TextEncoder()
const backslash = '\\'.charCodeAt(0)

/**
 * Whether a body may name the person, found without parsing it. An id can also be spelt with escapes, or as a number
 * (`4.2e1`): where either is possible the body is parsed.
 */
export function mayName(body: Buffer, person: Person): boolean {
  return (
    body.includes(backslash) ||
    idsOfPerson(person).some(({ id }) => Number.isFinite(Number(id)) || body.includes(id))
  )
}

function namedItems(source: AcceptedRequest['source'], call: string, body: Json): unknown {
  if (source === 'tracking' || source === 'archive') return call === 'batch' ? body.batch : undefined
  if (source === 'statsig_sdk') return body.events
  if (source === 'webhook') return undefined
  // As `unpackStatsigWebhook` reads it: an event of its own may have a field of that name.
  return body.eventName === undefined ? body.data : undefined
}

/** Where the items of a body lie in it; undefined where the body is itself the one item. */
function itemsIn({ source, call }: Pick<AcceptedRequest, 'source' | 'call'>, body: unknown) {
  if (Array.isArray(body)) return body as unknown[]
  if (!isObject(body)) return undefined
  const named = namedItems(source, call, body)
  return Array.isArray(named) ? (named as unknown[]) : undefined
}

/** Asked for each item by its index; -1 stands for what an SDK's request says for all of them. */
export type IsGone = (item: unknown, index: number, batch?: BatchContext) => boolean

/**
 * A body without some of its items, as bytes, and which items went; undefined where nothing did. A default user or
 * stable id of an SDK's request goes with its person, and when no item is left that leans on it. Throws SyntaxError
 * where the body is not JSON.
 */
export function eraseItems(
  request: Pick<AcceptedRequest, 'source' | 'call'>,
  bytes: Uint8Array,
  isGone: IsGone,
): { body: Uint8Array; items: number[] } | undefined {
  const body = parseBody(bytes)
  const list = itemsIn(request, body)
  const batch = batchOf(request, body)
  const items = (list ?? [body]).flatMap((element, index) => {
    const item = request.source === 'webhook' ? unwrapWebhook(element) : element
    return !isErasedItem(item) && isGone(item, index, batch) ? [index] : []
  })
  for (const index of items) if (list) list[index] = erasedItem
  const isBare = eraseEnvelope(body, list, batch, items.length > 0, isGone)
  if (items.length === 0 && !isBare) return undefined
  return { body: encoder.encode(JSON.stringify(list ? body : erasedItem)), items }
}

function batchOf({ source }: Pick<AcceptedRequest, 'source'>, body: unknown): BatchContext | undefined {
  if (source !== 'statsig_sdk') return undefined
  const unpacked = unpackStatsigSdk(body)
  return unpacked.ok ? unpacked.batch : undefined
}

/** Whether something went. The two are asked apart: a device may have more users than one. */
function eraseEnvelope(
  body: unknown,
  list: unknown[] | undefined,
  batch: BatchContext | undefined,
  hasErased: boolean,
  isGone: IsGone,
): boolean {
  const envelope = batch?.statsig
  if (!isObject(body) || envelope === undefined) return false
  const { items, user, stableID } = envelope
  const left = (list ?? []).filter((item) => !isErasedItem(item))
  const leans = left.some((item) => !isObject(item) || !isObject(item.user))
  const isUserGone =
    user !== undefined && ((hasErased && !leans) || isGone({}, -1, { statsig: { items, user } }))
  const isDeviceGone =
    stableID !== undefined &&
    ((hasErased && left.length === 0) || isGone({}, -1, { statsig: { items, stableID } }))
  const bare = body as Record<string, unknown>
  if (isUserGone) delete bare.user
  if (isDeviceGone && isObject(bare.statsigMetadata)) {
    bare.statsigMetadata = { ...bare.statsigMetadata, stableID: undefined }
  }
  return isUserGone || isDeviceGone
}
