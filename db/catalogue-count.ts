/**
 * Counts the names of a commit into the catalogue. It runs on the hot path, within the transaction in which entries
 * end: names are added up in memory first, then one statement is run for each distinct one.
 */
import type { Ending } from '../core/outcome.ts'
import type { EndedEntry } from '../core/ports.ts'
import { laneKindOf } from '../core/lanes.ts'
import { cutText } from '../core/text.ts'
import type { Db } from './client.ts'
import type { CommitFollower } from './commit.ts'
import { hourOf } from './hour.ts'

/**
 * Names kept of one kind of lane of a connection. Whoever puts ids into event names has millions; those past the bound
 * are counted together, in a row that says so.
 */
export const namesMax = 2_000
const nameCharsMax = 256
const typeCharsMax = 32

type Counts = Record<Ending, number>

/** Numbers of names that are remembered of all connections together; past it they are looked up anew. */
const rememberedMax = 50_000

export function prepareCatalogueCount(db: Db): CommitFollower {
  const names = prepareNames(db)
  const count = prepareHours(db)
  const known = db.sqlite
    .prepare<[string, string], number>(
      'SELECT count(*) FROM catalogue_names WHERE connection_id = ? AND kind = ? AND is_other = 0',
    )
    .pluck()

  return ({ connectionId, lane }, { entries, nowMs }) => {
    const kind = laneKindOf(lane)
    const hour = hourOf(nowMs)
    const place = names.at(connectionId, kind)
    let room: number | undefined
    let others: Counts | undefined
    for (const [type, events] of countByName(entries)) {
      for (const [event, counts] of events) {
        const remembered = place.remembered(type, event)
        if (remembered !== undefined && count.more(remembered, hour, nowMs, counts)) continue
        let id = place.find(0, type, event)
        if (id === undefined) {
          room ??= namesMax - (known.get(connectionId, kind) ?? 0)
          room -= 1
          if (room >= 0) id = place.add(0, type, event, nowMs)
        }
        if (id === undefined) others = addUp(others, counts)
        else count.first(id, hour, nowMs, counts)
      }
    }
    if (others === undefined) return
    count.first(place.find(1, '', '') ?? place.add(1, '', '', nowMs), hour, nowMs, others)
  }
}

/**
 * Names by their numbers. Found ones are remembered: a look-up by text costs three times the counting. One that was just
 * made is not, since its transaction may be taken back and its number given to another; a number whose name has been
 * removed since is never given again, and has no hours to be counted in.
 */
function prepareNames({ sqlite }: Db) {
  const insert = sqlite.prepare<[string, string, number, string, string, number, number]>(`
    INSERT INTO catalogue_names (connection_id, kind, is_other, type, event, first_seen_at_ms, last_seen_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const select = sqlite
    .prepare<[string, string, number, string, string], number>(
      'SELECT id FROM catalogue_names WHERE connection_id = ? AND kind = ? AND is_other = ? AND type = ? AND event = ?',
    )
    .pluck()
  /** By connection and kind, then by type, then by name. */
  const memory = new Map<string, Map<string, Map<string, number>>>()
  let size = 0

  return {
    at(connectionId: string, kind: string) {
      if (size >= rememberedMax) {
        memory.clear()
        size = 0
      }
      const place = `${connectionId} ${kind}`
      const types = memory.get(place) ?? new Map<string, Map<string, number>>()
      memory.set(place, types)
      return {
        remembered: (type: string, event: string): number | undefined => types.get(type)?.get(event),
        find(isOther: number, type: string, event: string): number | undefined {
          const id = select.get(connectionId, kind, isOther, type, event)
          if (id === undefined || isOther === 1) return id
          const events = types.get(type) ?? new Map<string, number>()
          types.set(type, events.set(event, id))
          size += 1
          return id
        },
        add: (isOther: number, type: string, event: string, nowMs: number): number =>
          Number(insert.run(connectionId, kind, isOther, type, event, nowMs, nowMs).lastInsertRowid),
      }
    },
  }
}

function prepareHours({ sqlite }: Db) {
  // Bound by position: by name it takes twice as long.
  const update = sqlite.prepare<number[]>(`
    UPDATE catalogue_hours SET last_seen_at_ms = max(last_seen_at_ms, ?), delivered = delivered + ?,
      filtered = filtered + ?, skipped = skipped + ?, rejected = rejected + ? WHERE name_id = ? AND hour = ?`)
  const upsert = sqlite.prepare<number[]>(`
    INSERT INTO catalogue_hours (last_seen_at_ms, delivered, filtered, skipped, rejected, name_id, hour)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET last_seen_at_ms = max(last_seen_at_ms, excluded.last_seen_at_ms),
      delivered = delivered + excluded.delivered, filtered = filtered + excluded.filtered,
      skipped = skipped + excluded.skipped, rejected = rejected + excluded.rejected`)
  // What most commits bring: less to bind.
  const deliver = sqlite.prepare<number[]>(`
    UPDATE catalogue_hours SET last_seen_at_ms = max(last_seen_at_ms, ?), delivered = delivered + ?
    WHERE name_id = ? AND hour = ?`)
  return {
    /** Counts into an hour that has begun; false where there is none. */
    more(
      id: number,
      hour: number,
      nowMs: number,
      { delivered, filtered, skipped, rejected }: Counts,
    ): boolean {
      const isDelivered = filtered + skipped + rejected === 0
      const { changes } = isDelivered
        ? deliver.run(nowMs, delivered, id, hour)
        : update.run(nowMs, delivered, filtered, skipped, rejected, id, hour)
      return changes > 0
    },
    first: (id: number, hour: number, nowMs: number, { delivered, filtered, skipped, rejected }: Counts) =>
      upsert.run(nowMs, delivered, filtered, skipped, rejected, id, hour),
  }
}

/** By type, then by event: text joined for a key would cost more than the counting. */
function countByName(entries: EndedEntry[]): Map<string, Map<string, Counts>> {
  const byType = new Map<string, Map<string, Counts>>()
  for (const { type: anyType = '', event: anyEvent = '', outcome } of entries) {
    const type = bounded(anyType, typeCharsMax)
    let events = byType.get(type)
    if (events === undefined) {
      events = new Map<string, Counts>()
      byType.set(type, events)
    }
    const event = bounded(anyEvent, nameCharsMax)
    let counts = events.get(event)
    if (counts === undefined) {
      counts = { delivered: 0, filtered: 0, skipped: 0, rejected: 0 }
      events.set(event, counts)
    }
    counts[outcome] += 1
  }
  return byType
}

/** Mappings bound what they have seen; this makes sure of it. */
const bounded = (text: string, charsMax: number) => (text.length > charsMax ? cutText(text, charsMax) : text)

function addUp(sum: Counts | undefined, counts: Counts): Counts {
  if (sum === undefined) return { ...counts }
  sum.delivered += counts.delivered
  sum.filtered += counts.filtered
  sum.skipped += counts.skipped
  sum.rejected += counts.rejected
  return sum
}
