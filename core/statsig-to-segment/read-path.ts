/** Dotted paths into a Statsig event: own keys only, `secondaryExposures.0.gate` goes into arrays. */
import { isObject, own, type Json } from '../own-keys.ts'
import type { StatsigEventView } from './event.ts'

/** A reader of a path such as `metadata.gate`; `user` is the event's own, else the one that its request names for all. */
export function eventPathReader(path: string): (view: StatsigEventView) => unknown {
  const [root = '', ...rest] = path.split('.')
  return (view) => {
    let value: unknown = root === 'user' ? view.user : own(view.item, root)
    for (const key of rest) value = childOf(value, key)
    return value
  }
}

function childOf(parent: unknown, key: string): unknown {
  if (isObject(parent)) return own(parent, key)
  if (!Array.isArray(parent) || key === 'length') return undefined
  return own(parent as unknown as Json, key)
}
