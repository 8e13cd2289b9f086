/**
 * Erasure of a person: the ids as keyed hashes from the first moment, then body by body what was there. A body is
 * rewritten with the bytes it had zeroed on disk (`secure_delete`), and what the index knew of its entries goes first,
 * so that a crash in between leaves nothing that is not found again.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { and, asc, desc, eq, isNull } from 'drizzle-orm'
import { BridgeError } from '../core/errors.ts'
import {
  eraseItems,
  idsOfPerson,
  isAbout,
  mayName,
  type IsGone,
  type Person,
  type PersonId,
} from '../core/erasure.ts'
import type { AcceptedRequest, Erasure, ErasureStep, ErasureStore } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { prepareBlankEntries, prepareRewrite } from './erase-bodies.ts'
import { erasedIds, erasureKey, erasures } from './schema/erasures.ts'
import type { SecretBox } from './secret-box.ts'

type Row = typeof erasures.$inferSelect

/** Requests that one step looks through at most, and bytes of bodies: a step is short, and its memory is bounded. */
const requestsMax = 200
const bytesMax = 16 * 1024 * 1024
const hashBytes = 16

export function createErasureStore(db: Db, box: SecretBox): ErasureStore {
  const insert = prepareInsertErasure(db, box)
  const hash = prepareHash(db, box)
  const isAny = db.sqlite.prepare<[string], number>(
    'SELECT 1 FROM erased_ids WHERE connection_id = ? LIMIT 1',
  )
  const erasedAt = db.sqlite
    .prepare<[string, Buffer], number>(
      'SELECT erased_at_ms FROM erased_ids WHERE connection_id = ? AND hash = ?',
    )
    .pluck()
  const step = prepareStep(db, (row) => openPerson(box, row))
  const rowOf = (id: string) => db.drizzle.select().from(erasures).where(eq(erasures.id, id)).get()

  return {
    create: async (input) =>
      immediate(db, () => {
        insert(input)
        return toErasure(load(rowOf(input.id), input.id))
      }),
    async get(id) {
      const row = rowOf(id)
      return row && toErasure(row)
    },
    async list(connectionId, limit) {
      const rows = db.drizzle.select().from(erasures).where(eq(erasures.connectionId, connectionId))
      return rows.orderBy(desc(erasures.n)).limit(limit).all().map(toErasure)
    },
    async unfinished() {
      const rows = db.drizzle.select().from(erasures).where(isNull(erasures.finishedAtMs))
      return rows.orderBy(asc(erasures.n)).limit(100).all().map(toErasure)
    },
    async person(id) {
      const row = rowOf(id)
      return row?.person ? openPerson(box, row) : undefined
    },
    step: (id) => step(load(rowOf(id), id)),
    async finish(id, nowMs) {
      const open = and(eq(erasures.id, id), isNull(erasures.finishedAtMs))
      await immediate(db, () =>
        db.drizzle.update(erasures).set({ finishedAtMs: nowMs, person: null }).where(open).run(),
      )
    },
    guard(connectionId) {
      if (isAny.get(connectionId) === undefined) return undefined
      return (ids, timeMs) => ids.some((id) => (erasedAt.get(connectionId, hash(id)) ?? -Infinity) > timeMs)
    },
  }
}

function load(row: Row | undefined, id: string): Row {
  if (!row) throw new BridgeError('not_found', `There is no erasure ${id}.`)
  return row
}

/** What a person's ids, and the key of all hashes, are bound to when they are sealed. */
export const personPurpose = (id: string): string => `erasure/${id}`
export const erasureKeyPurpose = 'erasure-key'

const openPerson = (box: SecretBox, { id, person }: Row): Person =>
  person === null ? {} : (JSON.parse(box.open(person, personPurpose(id))) as Person)

function toErasure(row: Row): Erasure {
  const { id, connectionId, origin, createdAtMs, untilRequest, seenRequest, messages } = row
  return {
    ...{ id, connectionId, origin, createdAtMs, messages },
    state: row.finishedAtMs === null ? 'running' : 'done',
    finishedAtMs: row.finishedAtMs ?? undefined,
    requests: untilRequest,
    requestsSeen: Math.min(seenRequest, untilRequest),
  }
}

/** Hashes under a key of our own: a list of user ids is guessed through in no time where the hash has no key. */
function prepareHash(db: Db, box: SecretBox): (id: PersonId) => Buffer {
  let key: Buffer | undefined
  const stored = () => db.drizzle.select().from(erasureKey).where(eq(erasureKey.id, 1)).get()
  return ({ kind, id }) => {
    if (key === undefined) {
      if (!stored()) {
        const made = box.seal(randomBytes(32).toString('base64'), erasureKeyPurpose)
        db.drizzle.insert(erasureKey).values({ id: 1, sealed: made }).onConflictDoNothing().run()
      }
      const row = stored()
      if (!row) throw new Error('the key of the erasures cannot be kept')
      key = Buffer.from(box.open(row.sealed, erasureKeyPurpose), 'base64')
    }
    return createHmac('sha256', key).update(`${kind}\n${id}`).digest().subarray(0, hashBytes)
  }
}

type NewErasure = Parameters<ErasureStore['create']>[0]

/** To be called in a transaction. A second erasure under the same id changes nothing. */
export function prepareInsertErasure(db: Db, box: SecretBox): (input: NewErasure) => void {
  const hash = prepareHash(db, box)
  const newest = db.sqlite.prepare<[], number>('SELECT coalesce(max(id), 0) FROM requests').pluck()
  return ({ id, connectionId, person, origin, nowMs }) => {
    const row = {
      ...{ id, connectionId, origin, createdAtMs: nowMs },
      untilRequest: newest.get() ?? 0,
      person: box.seal(JSON.stringify(person), personPurpose(id)),
    }
    if (db.drizzle.insert(erasures).values(row).onConflictDoNothing().run().changes === 0) return
    for (const personId of idsOfPerson(person)) {
      const erased = { connectionId, hash: hash(personId), erasedAtMs: nowMs }
      db.drizzle
        .insert(erasedIds)
        .values(erased)
        .onConflictDoUpdate({ target: [erasedIds.connectionId, erasedIds.hash], set: { erasedAtMs: nowMs } })
        .run()
    }
  }
}

interface RequestRow {
  id: number
  source: AcceptedRequest['source']
  call: string
  body: Buffer
}

function prepareStep(db: Db, personOf: (row: Row) => Person): (row: Row) => Promise<ErasureStep> {
  const { sqlite } = db
  const next = sqlite.prepare<[string, number, number], RequestRow>(
    'SELECT id, source, call, body FROM requests WHERE connection_id = ? AND id > ? AND id <= ? ORDER BY id',
  )
  const advance = sqlite.prepare(
    'UPDATE erasures SET seen_request = max(seen_request, ?), messages = messages + ? WHERE n = ?',
  )
  const blank = prepareBlankEntries(db)
  const rewrite = prepareRewrite(db)

  return async (row) => {
    const person = personOf(row)
    const isGone: IsGone = (item, _, batch) => isAbout(item, person, batch)
    const found: { request: RequestRow; items: number[] }[] = []
    let [seen, bytes, count] = [row.seenRequest, 0, 0]
    let isEnd = true
    for (const request of next.iterate(row.connectionId, row.seenRequest, row.untilRequest)) {
      if (count >= requestsMax || bytes >= bytesMax) {
        isEnd = false
        break
      }
      ;[seen, bytes, count] = [request.id, bytes + request.body.length, count + 1]
      if (!mayName(request.body, person)) continue
      const erased = eraseItems(request, request.body, isGone)
      if (erased) found.push({ request, items: erased.items })
    }
    let messages = 0
    for (const { request, items } of found) {
      await blank(request.id, items)
      messages += await immediate(db, () => {
        const erased = rewrite(request.id, isGone)
        advance.run(request.id, erased, row.n)
        return erased
      })
    }
    const seenUpTo = isEnd ? row.untilRequest : seen
    await immediate(db, () => advance.run(seenUpTo, 0, row.n))
    return { requestsSeen: seenUpTo, messages: row.messages + messages, done: isEnd }
  }
}
