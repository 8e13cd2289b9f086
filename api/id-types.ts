/** The id types of each connection's Statsig project, asked for when a console key is set and remembered for a minute. */
import { BridgeError } from '../core/errors.ts'
import type { Clock, ConnectionStore, StatsigConsole } from '../core/ports.ts'

const keptMs = 60_000

export interface IdTypes {
  /** Undefined where no console key is set or Statsig does not answer: then nothing is warned of. */
  known(connectionId: string): Promise<readonly string[] | undefined>
  /** Throws `console_key_missing`, `statsig.unavailable`. */
  create(connectionId: string, name: string): Promise<readonly string[]>
}

export function createIdTypes(deps: {
  connections: ConnectionStore
  statsig: StatsigConsole
  clock: Clock
}): IdTypes {
  const { connections, statsig, clock } = deps
  const kept = new Map<string, { atMs: number; names: readonly string[] }>()

  async function read(connectionId: string, key: string): Promise<readonly string[]> {
    const names = await statsig.unitIdTypes(key)
    kept.set(connectionId, { atMs: clock.nowMs(), names })
    return names
  }

  return {
    async known(connectionId) {
      const last = kept.get(connectionId)
      if (last && clock.nowMs() - last.atMs < keptMs) return last.names
      const key = await connections.openKey(connectionId, 'statsig.consoleKey')
      if (key === undefined) return undefined
      return read(connectionId, key).catch(() => undefined)
    },
    async create(connectionId, name) {
      const key = await connections.openKey(connectionId, 'statsig.consoleKey')
      if (key === undefined)
        throw new BridgeError('console_key_missing', 'Id types are made with a console key.')
      await statsig.createUnitIdType(key, name)
      return read(connectionId, key)
    },
  }
}
