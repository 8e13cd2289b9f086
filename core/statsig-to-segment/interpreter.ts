/** Reads the field table. Each row becomes one closure when the module loads; an event runs those of its kind. */
import { isObject, own, type Json } from '../own-keys.ts'
import type { Notes } from '../segment-to-statsig/notes.ts'
import { cleanText, isBlank } from '../text.ts'
import type { StatsigEventView } from './event.ts'
import { fieldRows, type FieldAs, type FieldRow, type OutKind } from './fields.ts'

/** What the table fills. Open, since `properties.metadata` and the user are whatever the app logged. */
export interface Draft {
  context: Record<string, unknown>
  properties: Record<string, unknown>
}

type Step = (view: StatsigEventView, draft: Draft, notes: Notes) => void

/** Fills a draft from the rows of the event's kind. */
export function readFields(view: StatsigEventView, kind: OutKind, notes: Notes): Draft {
  const draft: Draft = { context: {}, properties: {} }
  for (const step of steps[kind]) step(view, draft, notes)
  return draft
}

const converters: Record<FieldAs, (value: unknown) => unknown> = {
  'as it is': (value) => value,
  text: textOf,
}

function compile({ target, from, as }: FieldRow): Step {
  const [part, field] = target.split('.') as [keyof Draft, string]
  const convert = converters[as]
  const reads = from.map((path) => ({ path, read: readerOf(path) }))
  return (view, draft, notes) => {
    for (const { path, read } of reads) {
      const value = convert(read(view))
      if (value === undefined) continue
      draft[part][field] = value
      notes.origin(target, path)
      return
    }
  }
}

/** `user` is the event's or its request's, without what must not leave; all else is read where it stands. */
function readerOf(path: string): (view: StatsigEventView) => unknown {
  if (path === 'user') return publicUser
  const [root = '', key] = path.split('.')
  if (key === undefined) return ({ item }) => own(item, root)
  return (view) => {
    const parent = root === 'user' ? view.user : own(view.item, root)
    return isObject(parent) ? own(parent, key) : undefined
  }
}

function publicUser({ item, user, batch }: StatsigEventView): Json | undefined {
  if (!isObject(item.user) && batch?.statsig?.user === undefined) return undefined
  if (!Object.hasOwn(user, 'privateAttributes')) return user
  return Object.fromEntries(Object.entries(user).filter(([key]) => key !== 'privateAttributes'))
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return isBlank(value) ? undefined : cleanText(value)
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

const stepsOf = (kind: OutKind): readonly Step[] =>
  fieldRows.filter(({ kinds }) => kinds.includes(kind)).map(compile)

const steps: Record<OutKind, readonly Step[]> = {
  event: stepsOf('event'),
  exposure: stepsOf('exposure'),
  config_change: stepsOf('config_change'),
}
