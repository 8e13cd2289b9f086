/**
 * Which role each route of the control plane needs at least: the one table. A route that is not in it needs what its
 * method says. docs/access.md is tested against it.
 */
import { reaches, type Role } from '../core/access.ts'
import { BridgeError } from '../core/errors.ts'

/** `open`: the route lets in whom it likes by itself. */
export type Need = Role | 'open'

/** Routes whose need is not that of their method, as the document names them. */
export const exceptions: Readonly<Record<string, Need>> = {
  // Who may enter, and what was done.
  'GET /keys': 'admin',
  'POST /keys': 'admin',
  'DELETE /keys/{id}': 'admin',
  'GET /audit': 'admin',
  'POST /session': 'open',
  'DELETE /session': 'viewer',
  // What cannot be taken back, and what is for all connections.
  'DELETE /connections/{id}': 'admin',
  'POST /connections/{id}/erasures': 'admin',
  'PUT /retention': 'admin',
  'PUT /alerts': 'admin',
  'POST /alerts/test': 'admin',
  // It shows the secret in the URLs.
  'GET /connections/{id}/audience-guide': 'operator',
  // Asks much and changes nothing.
  'POST /connections/{id}/filters/preview': 'viewer',
}

/** What a call that sets or removes a secret of a connection needs, whatever its route does. */
export const secretsNeed: Role = 'admin'

/** `route` as `PATCH /connections/{id}`. */
export function needOf(route: string): Need {
  return exceptions[route] ?? (/^(GET|HEAD|OPTIONS) /.test(route) ? 'viewer' : 'operator')
}

/** Keys of a connection are for those who may make keys. Throws `forbidden`. */
export function requireSecretsRole(has: Role, keys: object): void {
  if (Object.keys(keys).length > 0) requireRole(has, secretsNeed, 'To set or remove the keys of a connection')
}

/** Throws `forbidden`, which names the role that is needed. */
export function requireRole(has: Role, needed: Role, what: string): void {
  if (!reaches(has, needed)) {
    throw new BridgeError('forbidden', `${what} needs the role ${needed}; this key has ${has}.`)
  }
}
