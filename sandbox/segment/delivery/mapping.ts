// A subscription's settings say by "mapping directives" what is made of an event: of Segment's directives
// (github.com/segmentio/action-destinations, mapping kit, read 2026-08) the sandbox carries out `@path` and
// `@template`; literals stand for themselves. The rest is refused when the subscription is made.

const carriedOut = ['@path', '@template']

/** Why a mapping cannot be carried out, or undefined. */
export function badMapping(mapping: unknown): string | undefined {
  if (Array.isArray(mapping)) return mapping.map(badMapping).find((reason) => reason !== undefined)
  if (!isObject(mapping)) return undefined
  const directive = directiveOf(mapping)
  if (directive === undefined)
    return Object.values(mapping)
      .map(badMapping)
      .find((reason) => reason !== undefined)
  if (!carriedOut.includes(directive)) return `The sandbox does not carry out ${directive}.`
  if (Object.keys(mapping).length > 1) return `${directive} must stand alone.`
  const operand = mapping[directive]
  if (typeof operand !== 'string') return `${directive} must be a text.`
  return directive === '@path' && !operand.startsWith('$.') ? '@path must begin with "$.".' : undefined
}

/** What a mapping makes of an event. A path that leads nowhere leaves its field out. */
export function mapped(mapping: unknown, event: unknown): unknown {
  if (Array.isArray(mapping)) return mapping.map((item) => mapped(item, event))
  if (!isObject(mapping)) return mapping
  const directive = directiveOf(mapping)
  if (directive === '@path') return at(event, String(mapping['@path']).slice(2))
  if (directive === '@template') return filled(String(mapping['@template']), event)
  const entries = Object.entries(mapping).map(([name, value]) => [name, mapped(value, event)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** `$.` is the whole event. */
function at(event: unknown, path: string): unknown {
  if (path === '') return event
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      event,
    )
}

function filled(template: string, event: unknown): string {
  return template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) => {
    const value = at(event, path)
    if (value === undefined || value === null) return ''
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

function directiveOf(mapping: Record<string, unknown>): string | undefined {
  return Object.keys(mapping).find((name) => name.startsWith('@'))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
