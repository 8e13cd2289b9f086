/** What the record of changes shows of an answer: the settings of a thing without its secrets, counts and clocks. */
import type { Context } from 'hono'
import { isObject } from '../core/own-keys.ts'

export type Shown = Record<string, unknown>

/** What changes by itself, and what is somebody's data: of no use in a record of what people did. */
const leftOut =
  /^(lanes|counts|stats|plan|report|lagMs|updatedAt|createdAt|etaSeconds|holds|token|received|mapped|members|userId|anonymousId|temporalUrl|webhookUrl|audiencesUrl|settingsVersion)$/
/** Whatever a field of such a name holds, if it is text it may be a secret. `{serverKey: true}` says only that it is set. */
const secretName = /Keys?$|[sS]ecret|[tT]oken|[pP]assword|[aA]uthoriz/
/** An audience has a `key` too, which is its name. */
const isSecret = (name: string, value: string): boolean =>
  name === 'key' ? /^(cw_|secret-|client-|console-)/.test(value) : secretName.test(name)

/** The fields of an answer that may be kept; undefined where it is no object. */
export function shownOf(answer: unknown): Shown | undefined {
  if (!isObject(answer)) return undefined
  return Object.fromEntries(
    Object.entries(answer)
      .filter(([name]) => !leftOut.test(name))
      .map(([name, value]) => [name, withoutSecrets(name, value)]),
  )
}

function withoutSecrets(name: string, value: unknown): unknown {
  if (typeof value === 'string' && isSecret(name, value)) return '[secret]'
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(name, item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([inner, item]) => [inner, withoutSecrets(inner, item)]),
  )
}

/** Of what stands after a change, the fields that are not as they were; `gone` where nothing stands any more. */
export function difference(before: Shown | undefined, after: Shown | undefined): { after: Shown } {
  if (after === undefined) return { after: before === undefined ? {} : { gone: true } }
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before?.[name]),
  )
  const removed = Object.keys(before ?? {}).filter((name) => !Object.hasOwn(after, name))
  return { after: Object.fromEntries([...changed, ...removed.map((name) => [name, null] as const)]) }
}

/** Names of the secrets that a call set or removed: the answers say only whether one is set, not that it was replaced. */
export async function changedSecrets(c: Context): Promise<{ secrets?: Record<string, 'set' | 'removed'> }> {
  // Read again only where a handler has read it as JSON: an upload is not held in memory for this.
  const isKept = 'json' in c.req.bodyCache || 'text' in c.req.bodyCache
  const body: unknown = isKept ? await c.req.json().catch(() => undefined) : undefined
  const found = [...secretsIn(body, '')]
  return found.length === 0 ? {} : { secrets: Object.fromEntries(found) }
}

function* secretsIn(value: unknown, path: string): Generator<[string, 'set' | 'removed']> {
  if (!isObject(value)) return
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`
    if (typeof inner === 'string' && isSecret(name, inner)) yield [at, 'set']
    else if (secretName.test(name) && inner === null) yield [at, 'removed']
    else yield* secretsIn(inner, at)
  }
}
