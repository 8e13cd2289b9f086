/** `PATCH /connections/{id}` with its answer, as what a person did. */

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
  'POST /connections/{id}/unit-id-types': 'made an id type for',
  'POST /keys': 'made an API key',
  'DELETE /keys/{id}': 'revoked the API key',
  'PUT /retention': 'changed the retention',
  'PUT /alerts': 'changed the alerts',
  'POST /alerts/test': 'sent a test alert',
}

const nameIn = (value: unknown): string | undefined => {
  const name = typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined
  return typeof name === 'string' ? name : undefined
}

/** A route that has no sentence of its own is told by its words: a path says what it does. */
export function sentenceOf({ action, target, before, after }: Change): string {
  const name = nameIn(after) ?? nameIn(before) ?? target.id ?? ''
  if (action === 'PATCH /connections/{id}') return `changed ${fieldsOf(after)} of ${name}`
  const known = verbs[action]
  if (known !== undefined) return `${known} ${name}`.trim()
  const [method = '', path = ''] = action.split(' ')
  const last =
    path
      .split('/')
      .filter((part) => part !== '' && !part.startsWith('{'))
      .at(-1) ?? path
  const verb = method === 'DELETE' ? 'removed' : method === 'POST' ? 'did' : 'changed'
  return `${verb} ${last.replaceAll('-', ' ')} on ${name}`
}

/** Names of what was changed: `filters and name`. */
function fieldsOf(after: unknown): string {
  const fields = typeof after === 'object' && after !== null ? Object.keys(after) : []
  if (fields.length === 0) return 'nothing'
  return fields.length === 1
    ? String(fields[0])
    : `${fields.slice(0, -1).join(', ')} and ${fields.at(-1) ?? ''}`
}
