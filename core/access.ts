/** Who may do what: the roles, in order. Zod-free. */

/** Each role may do all that those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

/** Whether a role reaches another one. */
export function reaches(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed)
}

/** The name of the key that the environment gives; it is in no table and cannot be revoked by a call. */
export const environmentKey = { id: 'environment', name: 'CAUSEWAY_API_KEY', role: 'admin' } as const

/** Every key that we make begins so: a scanner for leaked secrets finds it, and a person knows it for ours. */
export const apiKeyPrefix = 'cw_'
