/** The secret that a lane sends with, or why it has none. A direction that is off needs none: it ends what it has. */
import { BridgeError } from '../core/errors.ts'
import type { RefusedKey } from '../core/ports.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import type { LaneHandler } from './lane-handler.ts'

/** Why there is no key to send with, and which one was looked for. */
export interface Missing {
  missing: string
  refused?: RefusedKey
}

/** The key, undefined where none is needed, and the settings as the lane reads them. */
export async function openKey(
  handler: LaneHandler,
  connectionId: string,
  settings: ConnectionSettings,
): Promise<{ key: string | undefined; settings: ConnectionSettings } | Missing> {
  const { key: needed, vendor, adjust } = handler
  if (needed === undefined) return { key: undefined, settings }
  try {
    const key = await needed.open(connectionId)
    const adjusted = adjust?.(settings, key !== undefined) ?? { settings, isOff: false }
    if (key !== undefined || adjusted.isOff) return { key, settings: adjusted.settings }
    const missing = `No ${vendor.name} ${needed.name} is set. Events are kept; set one to deliver them.`
    return { missing, refused: { kind: needed.kind, key } }
  } catch (error) {
    if (!(error instanceof BridgeError) || error.code !== 'secret_unreadable') throw error
    return { missing: `${error.message} Events are kept.` }
  }
}
