/** The clock of the page: one tick a second for all relative times, and none while the tab is hidden. */
import { useSyncExternalStore } from 'react'
import { Tooltip } from '@mantine/core'
import { relative } from './numbers.ts'

let nowMs = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    if (document.hidden) return
    nowMs = Date.now()
    for (const tell of listeners) tell()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

export const useNow = (): number => useSyncExternalStore(subscribe, () => nowMs)

/** `4 min ago`; the exact time is on hover and in the copy. */
export function TimeAgo({ at }: { at: string }) {
  const now = useNow()
  const exact = new Date(at)
  return (
    <Tooltip label={`${exact.toLocaleString()} · ${exact.toISOString()}`}>
      <time dateTime={at} className="nowrap num">
        {relative(exact.getTime(), Math.max(now, Date.now()))}
      </time>
    </Tooltip>
  )
}
