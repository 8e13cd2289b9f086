/**
 * The live stream's engine: one poll for all readers of the process, and only while somebody reads. Each connection's
 * new endings are read once and handed to its readers; a reader that does not keep up loses some, is told how many, and
 * slows nobody.
 */
import type { LanePlace, LiveStore } from '../core/explorer-ports.ts'
import type { Entry, Log } from '../core/ports.ts'

/** `PRAGMA data_version` costs microseconds; this is a quarter of what a person takes for 'at once'. */
const pollMs = 50
/** Our own process's commits do not show in the version: look all the same now and then. */
const lookAnywayEvery = 20
/** Endings read of a connection in one poll; the older ones of a burst are counted as missed, unread. */
const perPollMax = 400
/** Endings that a reader who comes back is told of, over all lanes. */
export const resumeMax = 1_000

/** Lanes by number, and the position up to which their endings are known. */
export type Positions = ReadonlyMap<number, number>

export interface Told {
  entry: Entry
  laneId: number
  seq: number
}

export interface Reader {
  connectionId: string
  /** What has just ended, oldest first. `missed` is how many endings of that lane were passed over before them. */
  tell(news: { told: Told[]; missed: { lane: string; count: number }[] }): void
}

/** What is followed of one connection. */
interface Followed {
  readers: Set<Reader>
  positions: Map<number, number>
}

interface Timing {
  pollMs: number
}

export function createLive({ live, log }: { live: LiveStore; log: Log }, timing: Timing = { pollMs }) {
  const followed = new Map<string, Followed>()
  let timer: NodeJS.Timeout | undefined
  let seen = -1
  let polls = 0
  let isPolling = false

  async function poll(): Promise<void> {
    polls += 1
    const version = live.version()
    if (isPolling || (version === seen && polls % lookAnywayEvery !== 0)) return
    seen = version
    isPolling = true
    try {
      for (const [connectionId, of] of followed) await follow(connectionId, of)
    } catch (error) {
      // The next poll tries again from the same positions.
      seen = -1
      log.warn({ event: 'stream.poll_failed', error: String(error) }, 'stream.poll_failed')
    } finally {
      isPolling = false
    }
  }

  async function follow(connectionId: string, { readers, positions }: Followed): Promise<void> {
    const news = await readNews(live, await live.places(connectionId), positions, perPollMax)
    if (news.told.length === 0 && news.missed.length === 0) return
    for (const reader of readers) reader.tell(news)
  }

  return {
    /**
     * Follows a connection for a reader. Answers from which positions on it will be told; what ended before is the
     * reader's to fetch with `endedSince`.
     */
    async open(reader: Reader): Promise<{ positions: Positions; close: () => void }> {
      const places = await live.places(reader.connectionId)
      const of = followed.get(reader.connectionId) ?? {
        readers: new Set<Reader>(),
        positions: new Map(places.map(({ laneId, cursor }) => [laneId, cursor])),
      }
      followed.set(reader.connectionId, of)
      of.readers.add(reader)
      timer ??= setInterval(() => void poll(), timing.pollMs)
      const close = (): void => {
        of.readers.delete(reader)
        if (of.readers.size === 0 && followed.get(reader.connectionId) === of)
          followed.delete(reader.connectionId)
        if (followed.size === 0) {
          clearInterval(timer)
          timer = undefined
        }
      }
      return { positions: new Map(of.positions), close }
    },
    /** What ended between two sets of positions: for a reader who comes back. Lanes that `since` does not name are left out. */
    async endedSince(connectionId: string, since: Positions, upTo: Positions) {
      const places = (await live.places(connectionId))
        .filter(({ laneId }) => since.has(laneId))
        .map((place) => ({ ...place, cursor: Math.min(place.cursor, upTo.get(place.laneId) ?? Infinity) }))
      return readNews(live, places, new Map(since), resumeMax)
    },
  }
}
export type Live = ReturnType<typeof createLive>

/** Reads the newest `max` endings behind `positions`, moves these on, and says how many were passed over. */
async function readNews(live: LiveStore, places: LanePlace[], positions: Map<number, number>, max: number) {
  const told: Told[] = []
  const missed: { lane: string; count: number }[] = []
  // A lane that was made since is followed from its beginning.
  const moved = places.filter(({ laneId, cursor }) => cursor > (positions.get(laneId) ?? 0))
  const share = Math.ceil(max / Math.max(1, moved.length))
  for (const place of moved) {
    const { laneId, lane, cursor } = place
    const after = positions.get(laneId) ?? 0
    const from = Math.max(after, cursor - share)
    if (from > after) missed.push({ lane, count: from - after })
    const entries = await live.ended(place, from, cursor, share)
    for (const entry of entries) told.push({ entry, laneId, seq: Number(entry.id.split('_')[2]) })
    positions.set(laneId, cursor)
  }
  told.sort(
    (a, b) => (a.entry.endedAtMs ?? 0) - (b.entry.endedAtMs ?? 0) || a.laneId - b.laneId || a.seq - b.seq,
  )
  return { told, missed }
}
