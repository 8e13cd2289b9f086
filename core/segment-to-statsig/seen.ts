/** What the explorer can find a message by. Filled as far as it can be read, for refused messages too. */
import { isObject } from '../own-keys.ts'
import type { Receipt } from '../receipt.ts'
import { cutText, utf8Length } from '../text.ts'
import { idText } from './ids.ts'
import { statedType } from './message.ts'
import { nameText } from './names.ts'
import type { Notes } from './notes.ts'
import { correctedTimeMs } from './time.ts'

export interface Seen {
  /** Absent where the message names none that counts; the caller then makes one. */
  messageId?: string
  type?: string
  /** The source's own name: a track's event, the name of a page or screen. */
  event?: string
  userId?: string
  anonymousId?: string
  timeMs?: number
}

const MESSAGE_ID_BYTES_MAX = 1024
/** Of what is only looked up by; longer ones are cut here and whole in the body. */
const INDEXED_CHARS_MAX = 256
const TYPE_CHARS_MAX = 32

/** Reads them without judging. */
export function seenOf(item: unknown, receipt: Receipt, notes: Notes): Seen {
  const seen: Seen = {}
  if (!isObject(item)) return seen
  const messageId = messageIdOf(item.messageId, notes)
  if (messageId !== undefined) seen.messageId = messageId
  const type = statedType(item, receipt)
  if (typeof type === 'string') seen.type = cutText(type, TYPE_CHARS_MAX)
  const event = type === 'page' || type === 'screen' ? nameText(item.name) : nameText(item.event)
  if (event !== undefined) seen.event = cutText(event, INDEXED_CHARS_MAX)
  const userId = idText(item.userId)
  if (userId !== undefined) seen.userId = bounded(userId)
  const anonymousId = idText(item.anonymousId)
  if (anonymousId !== undefined) seen.anonymousId = bounded(anonymousId)
  const timeMs = correctedTimeMs(item, receipt)
  if (!Number.isNaN(timeMs)) seen.timeMs = timeMs
  return seen
}

/** Of an id, which is clean already. */
function bounded(id: string): string {
  return id.length > INDEXED_CHARS_MAX ? cutText(id, INDEXED_CHARS_MAX) : id
}

function messageIdOf(value: unknown, notes: Notes): string | undefined {
  if (value === undefined || value === null) return undefined
  const id = idText(value)
  if (id === undefined) {
    notes.warn('message_id_unusable', 'messageId', 'Neither text nor an exact number; one is made for it.')
  } else if (id.length * 3 > MESSAGE_ID_BYTES_MAX && utf8Length(id) > MESSAGE_ID_BYTES_MAX) {
    notes.warn(
      'message_id_long',
      'messageId',
      `Longer than ${MESSAGE_ID_BYTES_MAX} bytes; one is made for it.`,
    )
    return undefined
  }
  return id
}
