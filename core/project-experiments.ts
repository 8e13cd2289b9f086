/** The experiments of a connection's Statsig project, where a console key is set: for the drain, and for who looks on. */
import { BridgeError } from './errors.ts'
import type { ConnectionStore, StatsigExperiments } from './ports.ts'
import type { Experiments } from './statsig-to-segment/experiments.ts'

interface Deps {
  connections: Pick<ConnectionStore, 'openKey'>
  experiments: StatsigExperiments
}

/**
 * Undefined where nobody can be asked: exposures are then named as SDKs name them. A key that cannot be opened is none.
 */
export async function experimentsFor(
  { connections, experiments }: Deps,
  connectionId: string,
): Promise<Experiments | undefined> {
  try {
    const key = await connections.openKey(connectionId, 'statsig.consoleKey')
    return key === undefined ? undefined : await experiments.of(key)
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'secret_unreadable') return undefined
    throw error
  }
}
