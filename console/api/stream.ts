/**
 * The live log: server-sent events folded into a bounded list, newest first. Arrivals are collected and told at most ten
 * times a second, so that 500 messages a second are one small render and not 500.
 */
import type { Entry } from './shapes.ts'

/** Older rows fall off the end; the explorer has them all. */
const keptMax = 5_000
const tellEveryMs = 100

export interface LiveState {
  /** Newest first. */
  rows: readonly Entry[]
  /** All that came since the page opened, rows that fell off included. */
  arrived: number
  /** What the server left out, because this page or the line was too slow. */
  missed: number
  state: 'connecting' | 'open' | 'lost'
}

export interface LiveLog {
  read: () => LiveState
  subscribe: (listener: () => void) => () => void
  close: () => void
}

export const emptyLive: LiveState = { rows: [], arrived: 0, missed: 0, state: 'connecting' }

export function openLiveLog(connectionId: string, filter: { lane?: string; outcome?: string }): LiveLog {
  const query = new URLSearchParams(
    Object.entries(filter as Record<string, string | undefined>).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    ),
  )
  const source = new EventSource(
    `/api/v1/connections/${encodeURIComponent(connectionId)}/stream?${query.toString()}`,
  )
  const listeners = new Set<() => void>()
  let state: LiveState = emptyLive
  let fresh: Entry[] = []
  let missed = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const tell = (change: Partial<LiveState>) => {
    state = { ...state, ...change }
    for (const listener of listeners) listener()
  }
  const flush = () => {
    timer = undefined
    const merged = merge(state.rows, fresh)
    tell({ rows: merged.rows, arrived: state.arrived + merged.added, missed: state.missed + missed })
    fresh = []
    missed = 0
  }
  const soon = () => {
    timer ??= setTimeout(flush, tellEveryMs)
  }
  const onEntry = (event: MessageEvent<string>) => {
    fresh.push(JSON.parse(event.data) as Entry)
    soon()
  }
  source.addEventListener('message', onEntry)
  source.addEventListener('entry', onEntry)
  source.addEventListener('missed', (event: MessageEvent<string>) => {
    missed += countIn(event.data)
    soon()
  })
  source.addEventListener('open', () => tell({ state: 'open' }))
  source.addEventListener('error', () => tell({ state: 'lost' }))

  return {
    read: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      clearTimeout(timer)
      source.close()
    },
  }
}

function countIn(data: string): number {
  const { missed = 0, count = missed } = JSON.parse(data) as { missed?: number; count?: number }
  return count
}

/** What came again, since its outcome is known now, changes in place; what is new goes on top. */
export function merge(rows: readonly Entry[], fresh: readonly Entry[]): { rows: Entry[]; added: number } {
  const latest = new Map(fresh.map((entry) => [entry.id, entry]))
  const known = rows.map((row) => {
    const now = latest.get(row.id)
    if (now) latest.delete(row.id)
    return now ?? row
  })
  const added = [...latest.values()].reverse()
  return { rows: [...added, ...known].slice(0, keptMax), added: added.length }
}
