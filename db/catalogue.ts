/** The catalogue as it is read, and what is removed from it. It is written by db/catalogue-count.ts. */
import type { CatalogueEvent, CatalogueStore, EndingCounts } from '../core/catalogue-ports.ts'
import { immediate, type Db } from './client.ts'
import { hourOf } from './hour.ts'

const dayHours = 24
const weekHours = 7 * dayHours
/** A name that was not seen for this long makes room for others. */
const nameKeptMs = 30 * dayHours * 3_600_000
/** Rows that one transaction removes at most. */
const rowsMax = 2_000

interface Row {
  isOther: number
  type: string
  event: string
  isOutbound: number
  firstSeenAtMs: number
  lastSeenAtMs: number
  day: string
  week: string
}

/** Where a page ends: the last name on it, in the order of the list. */
type Place = [isOther: number, event: string, type: string, isOutbound: number]

const outcomeNames = ['delivered', 'filtered', 'skipped', 'rejected'] as const
const sums = (condition: string) =>
  `json_array(${outcomeNames.map((name) => `coalesce(sum(iif(${condition}, hours.${name}, 0)), 0)`).join(', ')})`
const order = `is_other, event, type, kind IN ('outbound', 'export')`

/** The page of names first, by the index; then the hours of these names alone. */
const select = `
  WITH page AS (
    SELECT is_other, event, type, kind IN ('outbound', 'export') AS is_outbound FROM catalogue_names
    WHERE connection_id = @connectionId AND kind IN (SELECT value FROM json_each(@kinds))
      AND (@isFirst OR (${order}) > (@isOther, @event, @type, @isOutbound))
    GROUP BY ${order} ORDER BY ${order} LIMIT @limit)
  SELECT page.is_other AS isOther, page.type, page.event, page.is_outbound AS isOutbound,
    min(name.first_seen_at_ms) AS firstSeenAtMs,
    max(max(name.last_seen_at_ms), coalesce(max(hours.last_seen_at_ms), 0)) AS lastSeenAtMs,
    ${sums('hours.hour > @dayHour')} AS day, ${sums('hours.hour > @weekHour')} AS week
  FROM page JOIN catalogue_names name ON name.connection_id = @connectionId AND name.is_other = page.is_other
      AND name.type = page.type AND name.event = page.event
      AND name.kind IN (SELECT value FROM json_each(@kinds))
      AND (name.kind IN ('outbound', 'export')) = page.is_outbound
    LEFT JOIN catalogue_hours hours ON hours.name_id = name.id
  GROUP BY page.is_other, page.event, page.type, page.is_outbound
  ORDER BY page.is_other, page.event, page.type, page.is_outbound`

export function createCatalogueStore(db: Db): CatalogueStore {
  const page = db.sqlite.prepare<[object], Row>(select)
  return {
    async list(connectionId, { kinds, after, limit }, nowMs) {
      const place = after === undefined ? undefined : readPlace(after)
      const [isOther, event, type, isOutbound] = place ?? [0, '', '', 0]
      const rows = page.all({
        ...{ connectionId, kinds: JSON.stringify(kinds), isFirst: place === undefined ? 1 : 0 },
        ...{ isOther, event, type, isOutbound, limit: limit + 1 },
        dayHour: hourOf(nowMs) - dayHours,
        weekHour: hourOf(nowMs) - weekHours,
      })
      const shown = rows.slice(0, limit)
      const last = rows.length > limit ? shown.at(-1) : undefined
      return { events: shown.map(toEvent), next: last && writePlace(last) }
    },
    purge: (nowMs) => purge(db, nowMs),
  }
}

function toEvent(row: Row): CatalogueEvent {
  return {
    direction: row.isOutbound === 1 ? 'outbound' : 'inbound',
    type: row.type === '' ? undefined : row.type,
    event: row.event === '' ? undefined : row.event,
    isOther: row.isOther === 1,
    lastDay: toCounts(row.day),
    lastWeek: toCounts(row.week),
    firstSeenAtMs: row.firstSeenAtMs,
    lastSeenAtMs: row.lastSeenAtMs,
  }
}

function toCounts(json: string): EndingCounts {
  const [delivered = 0, filtered = 0, skipped = 0, rejected = 0] = JSON.parse(json) as number[]
  return { delivered, filtered, skipped, rejected }
}

const writePlace = ({ isOther, event, type, isOutbound }: Row): string =>
  Buffer.from(JSON.stringify([isOther, event, type, isOutbound] satisfies Place)).toString('base64url')

/** A cursor that is not one of ours begins at the top. */
function readPlace(after: string): Place | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    const [isOther, event, type, isOutbound] = Array.isArray(place) ? (place as unknown[]) : []
    const isPlace =
      typeof isOther === 'number' &&
      typeof event === 'string' &&
      typeof type === 'string' &&
      typeof isOutbound === 'number'
    return isPlace ? [isOther, event, type, isOutbound] : undefined
  } catch {
    return undefined
  }
}

/** A name remembers when it was last seen before its hours go; one without hours goes when it has been long ago. */
async function* purge(db: Db, nowMs: number): AsyncIterable<number> {
  const { sqlite } = db
  const remember = sqlite.prepare(`
    UPDATE catalogue_names SET last_seen_at_ms = max(catalogue_names.last_seen_at_ms, old.at_ms)
    FROM (SELECT name_id, max(last_seen_at_ms) AS at_ms FROM (
      SELECT name_id, last_seen_at_ms FROM catalogue_hours WHERE hour < @before ORDER BY hour, name_id LIMIT ${rowsMax}) GROUP BY name_id) old
    WHERE old.name_id = catalogue_names.id`)
  const removeHours = sqlite.prepare(`
    DELETE FROM catalogue_hours WHERE (name_id, hour) IN (
      SELECT name_id, hour FROM catalogue_hours WHERE hour < @before ORDER BY hour, name_id LIMIT ${rowsMax})`)
  const removeNames = sqlite.prepare(`
    DELETE FROM catalogue_names WHERE id IN (
      SELECT id FROM catalogue_names name WHERE last_seen_at_ms < @seenBefore
        AND NOT EXISTS (SELECT 1 FROM catalogue_hours WHERE name_id = name.id) LIMIT ${rowsMax})`)
  const before = hourOf(nowMs) - weekHours
  for (;;) {
    const hours = await immediate(db, () => {
      remember.run({ before })
      return removeHours.run({ before }).changes
    })
    if (hours > 0) yield hours
    if (hours < rowsMax) break
  }
  for (;;) {
    const names = await immediate(db, () => removeNames.run({ seenBefore: nowMs - nameKeptMs }).changes)
    if (names > 0) yield names
    if (names < rowsMax) return
  }
}
