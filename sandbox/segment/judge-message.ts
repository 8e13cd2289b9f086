// Whether Segment would take a message. It answers 200 all the same; what it did not take is only seen in the
// workspace, by reasons of these names (segment.com/docs/connections/delivery-overview, read 2025-11).

export const messageTypes = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export type MessageType = (typeof messageTypes)[number]

/** Documented as "at most 100 characters" (segment.com/docs/guides/duplicate-data). */
const MESSAGE_ID_CHARACTERS_MAX = 100

export type Message = Record<string, unknown>

/** The reason why Segment would drop the message, or undefined when it takes it. */
export function dropReasonOf(message: unknown, type: unknown): string | undefined {
  if (!isRecord(message) || !isMessageType(type)) return 'bad_request'
  if (typeof message.messageId === 'string' && message.messageId.length > MESSAGE_ID_CHARACTERS_MAX) {
    return 'bad_request'
  }
  return badId(message, type) ?? badShape(message, type)
}

function badId(message: Message, type: MessageType): string | undefined {
  const { userId, anonymousId, groupId, previousId } = message
  if ([userId, anonymousId].some((id) => !isAbsent(id) && typeof id !== 'string')) return 'id_not_string'
  if (type === 'alias') return isId(userId) && isId(previousId) ? undefined : 'id_required'
  if (!isId(userId) && !isId(anonymousId)) return 'no_user_anon_id'
  return type === 'group' && !isId(groupId) ? 'id_required' : undefined
}

function badShape(message: Message, type: MessageType): string | undefined {
  const { event, properties, traits, name, category } = message
  if (type === 'track') {
    if (isAbsent(event) || event === '') return 'event_not_defined'
    if (typeof event !== 'string') return 'event_not_string'
  }
  if (!isAbsent(properties) && !isRecord(properties)) return 'properties_not_object'
  if (!isAbsent(traits) && !isRecord(traits)) return 'traits_not_object'
  if (type !== 'page' && type !== 'screen') return undefined
  if (!isAbsent(name) && typeof name !== 'string') return 'name_not_string'
  return !isAbsent(category) && typeof category !== 'string' ? 'category_not_string' : undefined
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null
const isId = (value: unknown): boolean => typeof value === 'string' && value !== ''

export function isMessageType(type: unknown): type is MessageType {
  return (messageTypes as readonly unknown[]).includes(type)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
