// The activities of set-up with their real clients, each connection at a sandbox of its own. Used by the test's worker and
// by the process that is killed.
import { Context } from '@temporalio/activity'
import type { DisconnectDeps } from '../../activities/disconnect.ts'
import { createSegmentApi } from '../../clients/segment-api.ts'
import { createSegmentOauth } from '../../clients/segment-oauth.ts'
import type { SegmentApi, SegmentOauth, Store } from '../../core/ports.ts'
import { countingIds, RecordingRuns } from '../support/fake-deps.ts'
import { aliveKeys } from '../support/segment.ts'

export type Step = keyof SegmentApi | 'exchange'
/** Does a step of a connection, or something before or after it, or never ends. */
export type Around = (connectionId: string, step: Step, work: () => Promise<unknown>) => Promise<unknown>

export interface SetUpPlace {
  store: Store
  /** The sandbox of each connection. */
  origins: Record<string, string>
  publicUrl: string
  around?: Around
}

const apiSteps: (keyof SegmentApi)[] = [
  ...(['workspace', 'sources', 'destinationsNamed', 'createDestination'] as const),
  ...(['subscribe', 'removeDestination', 'sendTest'] as const),
]
const clock = { nowMs: Date.now }
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

export const oauthAt = (origin: string): SegmentOauth =>
  createSegmentOauth({
    ...{ clientId: 'sandbox-client', clientSecret: 'sandbox-secret', scopes: 'workspace', clock },
    ...{ authorizeUrl: `${origin}/oauth2/auth`, tokenUrl: `${origin}/oauth2/token` },
  })

export function setUpDepsAt({ store, origins, publicUrl, around }: SetUpPlace): DisconnectDeps {
  const { connections, setups, grants, removal, access, messages } = store
  const here = (): { id: string; origin: string } => {
    const id = Context.current().info.workflowExecution?.workflowId.replace(/^\w+:/, '') ?? ''
    return { id, origin: origins[id] ?? 'http://127.0.0.1:9' }
  }
  type Work = (...args: unknown[]) => Promise<unknown>
  const step = (name: Step, work: (origin: string) => Work): Work => {
    return (...args) => {
      const { id, origin } = here()
      const run = () => work(origin)(...args)
      return around ? around(id, name, run) : run()
    }
  }
  const apiAt = (origin: string) =>
    createSegmentApi({ apiUrl: origin, trackingUrl: `${origin}/v1`, clock }) as unknown as Record<
      string,
      Work
    >
  const segment = Object.fromEntries(
    apiSteps.map((name) => [name, step(name, (origin) => apiAt(origin)[name] as Work)]),
  ) as unknown as SegmentApi
  const exchange = step('exchange', (origin) => (given) => oauthAt(origin).exchange(given as never))
  return {
    ...{ connections, setups, grants, removal, access, messages, runs: new RecordingRuns(), segment, clock },
    oauth: { ...oauthAt('http://127.0.0.1:9'), exchange: exchange as unknown as SegmentOauth['exchange'] },
    ...{ ids: countingIds(), log: silent, statsigKeys: aliveKeys, publicUrl },
  }
}
