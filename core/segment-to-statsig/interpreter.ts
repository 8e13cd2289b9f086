/** Reads the field table. Each row becomes one closure when the module loads; a message runs those of its type. */
import type { ConnectionSettings, MessageType } from '../settings.ts'
import { cleanText, isBlank } from '../text.ts'
import { callerAddress } from './caller-address.ts'
import { fieldRows, type FieldKind, type FieldRow, type FieldTarget } from './fields.ts'
import { idOrWarning } from './ids.ts'
import { messageTypes, type Message } from './message.ts'
import type { CallFields } from './metadata.ts'
import type { Notes } from './notes.ts'
import { pathReader } from './read-path.ts'

/** What the table fills; the rules fill the rest of the event. */
export interface Draft {
  value: number | string | undefined
  tier: string
  email: string | undefined
  ip: string | undefined
  userAgent: string | undefined
  locale: string | undefined
  appVersion: string | undefined
  callFields: CallFields | undefined
}

type Step = (message: Message, draft: Draft, settings: ConnectionSettings, notes: Notes) => void
type Source = (message: Message, settings: ConnectionSettings) => unknown
type Convert = (value: unknown, path: string, notes: Notes) => string | number | undefined

/** Fills a draft from the rows of the message's type. */
export function readFields(message: Message, settings: ConnectionSettings, notes: Notes): Draft {
  const draft: Draft = {
    value: undefined,
    tier: '',
    email: undefined,
    ip: undefined,
    userAgent: undefined,
    locale: undefined,
    appVersion: undefined,
    callFields: undefined,
  }
  for (const step of steps[message.type]) step(message, draft, settings, notes)
  return draft
}

const setters: Record<FieldTarget, (draft: Draft, value: string | number) => void> = {
  value: (draft, value) => (draft.value = value),
  'user.email': (draft, value) => (draft.email = String(value)),
  'user.ip': (draft, value) => (draft.ip = String(value)),
  'user.userAgent': (draft, value) => (draft.userAgent = String(value)),
  'user.locale': (draft, value) => (draft.locale = String(value)),
  'user.appVersion': (draft, value) => (draft.appVersion = String(value)),
  'user.statsigEnvironment.tier': (draft, value) => (draft.tier = String(value)),
  'metadata.name': (draft, value) => ((draft.callFields ??= {}).name = String(value)),
  'metadata.category': (draft, value) => ((draft.callFields ??= {}).category = String(value)),
  'metadata.previousId': (draft, value) => ((draft.callFields ??= {}).previousId = String(value)),
}

const converters: Record<FieldKind, Convert> = { text: textOf, number: numberOf, id: idOrWarning }

/** Sources that are not paths of the message. */
const sources: Readonly<Record<string, Source>> = {
  'receipt.callerIp': callerAddress,
  'settings.environment': (_message, settings) => settings.environment,
}

function compile(row: FieldRow): Step {
  const convert = converters[row.as]
  const set = setters[row.target]
  const reads = row.from.map((path) => ({ path, read: sources[path] ?? pathReader(path) }))
  return (message, draft, settings, notes) => {
    for (const { path, read } of reads) {
      const found = read(message, settings)
      if (found === undefined || found === null) continue
      const value = convert(found, path, notes)
      if (value === undefined) continue
      set(draft, value)
      notes.origin(row.target, path)
      return
    }
    if (row.default === undefined) return
    set(draft, row.default)
    notes.origin(row.target, 'default')
  }
}

function stepsOf(type: MessageType): readonly Step[] {
  return fieldRows.filter((row) => row.types?.includes(type) ?? true).map(compile)
}

const steps = Object.fromEntries(messageTypes.map((type) => [type, stepsOf(type)])) as Record<
  MessageType,
  readonly Step[]
>

/** A blank page name or locale is common and means nothing; a blank tier would count tests as production. */
function textOf(value: unknown, path: string, notes: Notes): string | undefined {
  if (typeof value === 'string' && !isBlank(value)) {
    const text = cleanText(value)
    if (text !== value)
      notes.warn('text_repaired', path, 'NUL or half a surrogate pair was replaced by U+FFFD.')
    return text
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value !== 'string' || path.endsWith('.tier')) {
    notes.warn('field_not_text', path, 'Neither text that says something nor a number; it counts as absent.')
  }
  return undefined
}

/** Decimal notation only: `Number` alone would take `0x10`, blank text and `Infinity` for numbers. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value === '') return undefined
  for (let at = 0; at < value.length; at++) if (!isNumberCharacter(value.charCodeAt(at))) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function isNumberCharacter(code: number): boolean {
  const isDigit = code >= 0x30 && code <= 0x39
  return isDigit || code === 0x2e || code === 0x2d || code === 0x2b || code === 0x65 || code === 0x45
}
