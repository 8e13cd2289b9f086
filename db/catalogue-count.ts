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

export function prepareCatalogueCount({ sqlite }: Db): CommitFollower {
  // Looked up by name each time and not by a remembered number: what a transaction made may be taken back with it.
  // Bound by position: by name it takes twice as long.
  const add = sqlite.prepare<[string, string, number, string, string, number, number]>(`
    INSERT INTO catalogue_names (connection_id, kind, is_other, type, event, first_seen_at_ms, last_seen_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const count = sqlite.prepare<(string | number)[]>(`
    INSERT INTO catalogue_hours (name_id, hour, last_seen_at_ms, delivered, filtered, skipped, rejected)
    SELECT id, ?, ?, ?, ?, ?, ? FROM catalogue_names
      WHERE connection_id = ? AND kind = ? AND is_other = ? AND type = ? AND event = ?
    ON CONFLICT DO UPDATE SET last_seen_at_ms = max(last_seen_at_ms, excluded.last_seen_at_ms),
      delivered = delivered + excluded.delivered, filtered = filtered + excluded.filtered,
      skipped = skipped + excluded.skipped, rejected = rejected + excluded.rejected`)
  const known = sqlite
    .prepare<[string, string], number>(
      'SELECT count(*) FROM catalogue_names WHERE connection_id = ? AND kind = ? AND is_other = 0',
    )
    .pluck()

  return ({ connectionId, lane }, { entries, nowMs }) => {
    const kind = laneKindOf(lane)
    const hour = hourOf(nowMs)
    const isCounted = (counts: Counts, isOther: number, type: string, event: string): boolean => {
      const { delivered, filtered, skipped, rejected } = counts
      const place = [connectionId, kind, isOther, type, event]
      return count.run(hour, nowMs, delivered, filtered, skipped, rejected, ...place).changes > 0
    }
    const countNew = (counts: Counts, isOther: number, type: string, event: string): void => {
      add.run(connectionId, kind, isOther, type, event, nowMs, nowMs)
      isCounted(counts, isOther, type, event)
    }
    let room: number | undefined
    let others: Counts | undefined
    for (const [type, events] of countByName(entries)) {
      for (const [event, counts] of events) {
        if (isCounted(counts, 0, type, event)) continue
        room ??= namesMax - (known.get(connectionId, kind) ?? 0)
        room -= 1
        if (room >= 0) countNew(counts, 0, type, event)
        else others = addUp(others, counts)
      }
    }
    if (others !== undefined && !isCounted(others, 1, '', '')) countNew(others, 1, '', '')
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
