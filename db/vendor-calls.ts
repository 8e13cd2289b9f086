/** The budget of calls that a vendor grants a key, shared by all processes: one row a call that left. */
import { callWindows } from '../core/audiences/limits.ts'
import type { AudienceStore, CallBudget } from '../core/audience-ports.ts'
import { immediate, type Db } from './client.ts'
import { hashKey } from './secret-box.ts'

const longestMs = Math.max(...callWindows.map(({ windowMs }) => windowMs))

/** A call is counted before it leaves, in an IMMEDIATE transaction: two processes never take the same one. */
export function prepareTakeCall(db: Db): AudienceStore['takeCall'] {
  const { sqlite } = db
  const forget = sqlite.prepare('DELETE FROM vendor_calls WHERE key_hash = ? AND at_ms <= ?')
  const count = sqlite.prepare<[string, number], number>(
    'SELECT count(*) FROM vendor_calls WHERE key_hash = ? AND at_ms > ?',
  )
  count.pluck()
  /** The newest call but so many: when it leaves the window, there is room for one more. */
  const blocking = sqlite.prepare<[string, number], number>(
    'SELECT at_ms FROM vendor_calls WHERE key_hash = ? ORDER BY at_ms DESC LIMIT 1 OFFSET ?',
  )
  blocking.pluck()
  const insert = sqlite.prepare('INSERT INTO vendor_calls (key_hash, at_ms) VALUES (?, ?)')

  function take(keyHash: string, nowMs: number): CallBudget {
    forget.run(keyHash, nowMs - longestMs)
    const used = callWindows.map(({ windowMs }) => count.get(keyHash, nowMs - windowMs) ?? 0)
    const waits = callWindows.map(({ windowMs, callsMax }, index) => {
      if ((used[index] ?? 0) < callsMax) return 0
      return (blocking.get(keyHash, callsMax - 1) ?? nowMs) + windowMs - nowMs
    })
    const waitMs = Math.max(...waits)
    if (waitMs > 0) return { granted: false, waitMs, used }
    insert.run(keyHash, nowMs)
    return { granted: true, used: used.map((calls) => calls + 1) }
  }
  return async (key, nowMs) => immediate(db, () => take(hashKey(key), nowMs))
}
