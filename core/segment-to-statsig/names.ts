/**
 * What the event is called: the prefix and the track call's own name; other calls go by their type, as Statsig's own
 * integration shows them. https://docs.statsig.com/integrations/data-connectors/segment
 */
import type { Rejection } from '../outcome.ts'
import type { ConnectionSettings } from '../settings.ts'
import { droppedNameCharacters, statsigLimits } from '../statsig.ts'
import { cleanText, isBlank, isClean } from '../text.ts'
import type { Message } from './message.ts'
import type { Notes } from './notes.ts'

const SUBSTITUTE = '_'

const isDropped = new Uint8Array(128)
for (const character of droppedNameCharacters) isDropped[character.charCodeAt(0)] = 1

/** A name in a message: text that says something, or a number taken as text. */
export function nameText(value: unknown): string | undefined {
  if (typeof value === 'string') return isBlank(value) ? undefined : value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

/** The event's name at Statsig, with every character that would make Statsig drop the event replaced by `_`. */
export function eventNameOf(
  message: Message,
  settings: ConnectionSettings,
  notes: Notes,
): string | Rejection {
  const { prefix, nameInEvent } = settings.inbound
  if (message.type === 'track') {
    const event = nameText(message.item.event)
    if (event === undefined) return noName
    notes.origin('eventName', 'event')
    return storable(prefix + event, 'event', notes)
  }
  notes.origin('eventName', 'type')
  const isNamed = nameInEvent && (message.type === 'page' || message.type === 'screen')
  const name = isNamed ? nameText(message.item.name) : undefined
  return storable(
    name === undefined ? prefix + message.type : `${prefix}${message.type} ${name}`,
    'name',
    notes,
  )
}

const noName: Rejection = {
  code: 'no_event_name',
  path: 'event',
  message: 'A track call needs a name in `event`: text that is not blank, or a number.',
}

function storable(name: string, path: string, notes: Notes): string {
  let kept = name
  if (!isStorable(name)) {
    kept = ''
    for (const character of name) kept += isDroppedCode(character.charCodeAt(0)) ? SUBSTITUTE : character
    kept = cleanText(kept)
    notes.warn('name_characters_replaced', path, 'Statsig drops events with such characters in the name.')
  }
  if (kept.length > statsigLimits.textCharsMax) {
    notes.warn(
      'name_long',
      path,
      `Statsig may trim names of more than ${statsigLimits.textCharsMax} characters.`,
    )
  }
  return kept
}

function isStorable(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (isDroppedCode(name.charCodeAt(at))) return false
  return isClean(name)
}

function isDroppedCode(code: number): boolean {
  return code < 128 && isDropped[code] === 1
}
