/** `PATCH /connections/{id}` with its answer, as what a person did. */

/** Names of connections by their id: a person knows the name. */
export type Names = ReadonlyMap<string, string>

interface Change {
  action: string
  target: { kind: string; id?: string }
  before?: unknown
  after?: unknown
}

const verbs: Record<string, string> = {
  'POST /connections': 'made the connection',
  'DELETE /connections/{id}': 'removed the connection',
  'POST /connections/{id}/retry': 'told it to try again:',
  'POST /connections/{id}/setup': 'started the set-up of',
  'DELETE /connections/{id}/setup': 'cancelled the set-up of',
  'POST /connections/{id}/setup/source': 'chose the source of',
  'POST /connections/{id}/test': 'tested an event on',
  'POST /connections/{id}/redrives': 'redrove messages of',
  'POST /connections/{id}/replays': 'started a replay on',
  'POST /connections/{id}/exports': 'started an export on',
  'POST /connections/{id}/erasures': 'erased a person from',
  'POST /connections/{id}/audiences/{key}/approve': 'approved removals from an audience of',
  'POST /connections/{id}/audiences/{key}/reject': 'rejected removals from an audience of',
  'POST /connections/{id}/audiences/{key}/sync': 'asked for a sync of an audience of',
  'POST /connections/{id}/audiences/{key}/members': 'loaded members into an audience of',
  'PATCH /connections/{id}/audiences/{key}': 'changed an audience of',
  'PATCH /replays/{id}': 'changed the rate of the replay',
  'PATCH /exports/{id}': 'changed the rate of the export',
  'PATCH /redrives/{id}': 'changed the rate of the redrive',
  'POST /replays/{id}/pause': 'paused the replay',
  'POST /replays/{id}/resume': 'resumed the replay',
  'POST /replays/{id}/cancel': 'cancelled the replay',
  'POST /exports/{id}/pause': 'paused the export',
  'POST /exports/{id}/resume': 'resumed the export',
  'POST /exports/{id}/cancel': 'cancelled the export',
  'POST /redrives/{id}/pause': 'paused the redrive',
  'POST /redrives/{id}/resume': 'resumed the redrive',
  'POST /redrives/{id}/cancel': 'cancelled the redrive',
  'POST /connections/{id}/unit-id-types': 'made an id type for',
  'POST /keys': 'made an API key',
  'DELETE /keys/{id}': 'revoked the API key',
  'PUT /retention': 'changed the retention',
  'POST /session': 'signed in',
  'DELETE /session': 'signed out',
  'PUT /alerts': 'changed the alerts',
  'POST /alerts/test': 'sent a test alert',
}

/** What is done to nothing that has a name. */
const alone = new Set([
  'POST /session',
  'DELETE /session',
  'PUT /retention',
  'PUT /alerts',
  'POST /alerts/test',
])

const nameIn = (value: unknown): string | undefined => {
  const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined
  return typeof name === 'string' ? name : undefined
}

/** A route that has no sentence of its own is told by its words: a path says what it does. */
export function sentenceOf({ action, target, before, after }: Change, names: Names = new Map()): string {
  const id = target.id ?? ''
  const name = nameIn(after) ?? nameIn(before) ?? names.get(id) ?? id
  if (action === 'PATCH /connections/{id}') return changeOf(after, name)
  if (action.startsWith('setup.')) return `brought the set-up of ${name} to “${action.slice(6)}”`
  if (action === 'connection.closed') return `removed what was left of ${name}`
  const known = verbs[action]
  if (known !== undefined) return alone.has(action) ? known : `${known} ${name}`.trim()
  const [method = '', path = ''] = action.split(' ')
  const last =
    path
      .split('/')
      .filter((part) => part !== '' && !part.startsWith('{'))
      .at(-1) ?? path
  const verb = method === 'DELETE' ? 'removed' : method === 'POST' ? 'did' : 'changed'
  return `${verb} ${last.replaceAll('-', ' ')} on ${name}`
}

/** A pause is what people look for. */
function changeOf(after: unknown, name: string): string {
  const { paused, ...rest } = (after ?? {}) as Record<string, unknown>
  if (typeof paused === 'boolean' && Object.keys(rest).length === 0)
    return `${paused ? 'paused' : 'resumed'} ${name}`
  return `changed ${fieldsOf(after)} of ${name}`
}

/** Names of what was changed: `filters and name`. */
function fieldsOf(after: unknown): string {
  const fields = typeof after === 'object' && after !== null ? Object.keys(after) : []
  if (fields.length === 0) return 'nothing'
  return fields.length === 1
    ? String(fields[0])
    : `${fields.slice(0, -1).join(', ')} and ${fields.at(-1) ?? ''}`
}
