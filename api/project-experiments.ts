/** The experiments of a connection's Statsig project, where a console key is set: what the drain knows, shown. */
import type { Experiments } from '../core/statsig-to-segment/experiments.ts'
import type { ApiDeps } from './deps.ts'

/** Undefined where nobody can be asked: exposures are then named as SDKs name them. */
export async function experimentsFor(
  { store, experiments }: Pick<ApiDeps, 'store' | 'experiments'>,
  connectionId: string,
): Promise<Experiments | undefined> {
  const key = await store.connections.openKey(connectionId, 'statsig.consoleKey').catch(() => undefined)
  return key === undefined ? undefined : experiments.of(key)
}
