// Statsig's keys as the sandbox judges them: by their looks alone.
import type { Context } from 'hono'

export type KeyKind = 'secret' | 'client' | 'console'

/** The kind of a key by its prefix; undefined for anything else. */
export function kindOfKey(key: string | undefined): KeyKind | undefined {
  return (['secret', 'client', 'console'] as const).find((kind) => key?.startsWith(`${kind}-`))
}

/** The key of an SDK's request: the header, or the query's `k` as browsers send it. */
export function sdkKeyOf(c: Context): string | undefined {
  return c.req.header('statsig-api-key') ?? c.req.query('k')
}

/** Whether the SDK routes let a key in: server and client keys that do not contain `revoked`. */
export function isSdkKeyAccepted(key: string | undefined): boolean {
  const kind = kindOfKey(key)
  return (kind === 'secret' || kind === 'client') && !key?.includes('revoked')
}
