/** The clock and the randomness of every process enter here. */
import { randomBytes } from 'node:crypto'
import { idPrefixes } from '../core/ids.ts'
import type { Clock, Ids } from '../core/ports.ts'

export const systemClock: Clock = { nowMs: () => Date.now() }

export const randomIds: Ids = {
  next: (kind) => `${idPrefixes[kind]}_${randomBytes(12).toString('base64url').replace(/[-_]/g, 'x')}`,
  writeKey: () => randomBytes(24).toString('base64url'),
  secret: () => randomBytes(32).toString('base64url'),
}
