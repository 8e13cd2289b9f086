/**
 * One reader of the live stream: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)
 * through a bounded buffer. Data is one line of JSON, so that no name can end it.
 */
import type { Entry } from '../core/ports.ts'
import type { Positions, Told } from './live.ts'
import { entryToWire } from './wire/entry.ts'

/** What may wait for a slow reader: beyond it endings are missed. */
const waitingBytesMax = 256 * 1024
/**
 * Endings that a reader is told of at once: all that a poll reads, since a drain ends them by the hundred. A page draws
 * 500 a second with a tenth of its thread; who cannot has a full buffer, and misses.
 */
const atOnceMax = 400

export interface StreamFilter {
  lane?: string | undefined
  outcome?: string | undefined
  event?: string | undefined
}

const fits = (entry: Entry, { lane, outcome, event }: StreamFilter): boolean =>
  (lane === undefined || entry.lane === lane) &&
  (outcome === undefined || entry.outcome === outcome) &&
  (event === undefined || entry.event === event)

/** The same for every reader of an ending. */
const shown = new WeakMap<Entry, string>()
function shownText(entry: Entry): string {
  const text = shown.get(entry) ?? JSON.stringify(entryToWire(entry))
  shown.set(entry, text)
  return text
}

/** `1.250,4.7`: position 250 of lane 1, 7 of lane 4. */
export const idOf = (positions: Positions): string =>
  [...positions].map(([laneId, seq]) => `${laneId}.${seq}`).join(',')

/** Positions of an id that we gave; undefined where it is none of ours. */
export function positionsOf(id: string | undefined): Map<number, number> | undefined {
  if (id === undefined || !/^\d{1,15}\.\d{1,15}(,\d{1,15}\.\d{1,15}){0,199}$/.test(id)) return undefined
  return new Map(id.split(',').map((part) => part.split('.').map(Number) as [number, number]))
}

export function createStreamReader(filter: StreamFilter, start: Positions) {
  const positions = new Map(start)
  const state = { missed: 0 }
  /** An event `missed` goes before whatever comes next. */
  function writeMissed(): string {
    if (state.missed === 0) return ''
    const text = `event: missed\nid: ${idOf(positions)}\ndata: {"count":${state.missed}}\n\n`
    state.missed = 0
    return text
  }
  const out = openOutlet(writeMissed)

  return {
    body: out.body,
    /** Calls `done` when the reader has left or was sent away, at once where that is so already. */
    whenOver(done: () => void): void {
      out.whenOver(done)
    },
    /** Never waits: what there is no room for is counted. */
    tell(
      told: readonly Told[],
      passedOver: readonly { lane: string; count: number }[],
      max = atOnceMax,
    ): void {
      for (const { lane, count } of passedOver)
        if (filter.lane === undefined || filter.lane === lane) state.missed += count
      const wanted = told.filter(({ entry }) => fits(entry, filter))
      const kept = out.hasRoom() ? wanted.slice(-max) : []
      state.missed += wanted.length - kept.length
      const isKept = new Set(kept)
      let text = out.hasRoom() ? writeMissed() : ''
      for (const one of told) {
        positions.set(one.laneId, one.seq)
        if (isKept.has(one)) text += `id: ${idOf(positions)}\ndata: ${shownText(one.entry)}\n\n`
      }
      if (text !== '') out.write(text)
    },
    /** A comment: proxies close what is silent, and a reader that is gone is noticed. */
    beat(): void {
      if (out.hasRoom()) out.write(': beat\n\n')
    },
    /** Ends the stream; the reader may come back with its last id. */
    close(): void {
      out.close()
    },
  }
}
export type StreamReader = ReturnType<typeof createStreamReader>

/** The bytes of one reader. `whenRoom` is asked what to write when there is room again. */
function openOutlet(whenRoom: () => string) {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let isOver = false
  let onEnd: (() => void) | undefined

  const hasRoom = (): boolean => (controller?.desiredSize ?? 0) > 0
  const write = (text: string): void => {
    if (!isOver) controller?.enqueue(encoder.encode(text))
  }
  function end(): void {
    if (isOver) return
    isOver = true
    onEnd?.()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
        write('retry: 2000\n: live\n\n')
      },
      pull: () => {
        const text = hasRoom() ? whenRoom() : ''
        if (text !== '') write(text)
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: waitingBytesMax }),
  )
  return {
    ...{ body, hasRoom, write },
    whenOver(done: () => void): void {
      if (isOver) done()
      else onEnd = done
    },
    close(): void {
      if (isOver) return
      controller?.close()
      end()
    },
  }
}
