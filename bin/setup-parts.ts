/** What set-up needs of the outside, put together from the configuration: for the api and for the workers. */
import type { DisconnectDeps } from '../activities/disconnect.ts'
import { createSegmentApi } from '../clients/segment-api.ts'
import { createSegmentOauth } from '../clients/segment-oauth.ts'
import { createStatsigKeys } from '../clients/statsig-keys.ts'
import type { Log, SegmentOauth, Store, WorkflowRuns } from '../core/ports.ts'
import { randomIds as ids, systemClock as clock } from './clock.ts'
import type { LoadedConfig } from './load-config.ts'

/** OAuth towards Segment; undefined where no app is configured. */
export function configuredOauth(config: LoadedConfig): SegmentOauth | undefined {
  const { segmentOauthClientId: clientId, segmentOauthClientSecret: clientSecret } = config
  if (clientId === undefined || clientSecret === undefined) return undefined
  return createSegmentOauth({
    ...{ clientId, clientSecret: clientSecret.reveal(), scopes: config.segmentOauthScopes, clock },
    ...{ authorizeUrl: config.segmentOauthAuthorizeUrl, tokenUrl: config.segmentOauthTokenUrl },
  })
}

export function setupParts(config: LoadedConfig, store: Store, runs: WorkflowRuns, log: Log): DisconnectDeps {
  const { connections, setups, grants, removal, access, messages } = store
  return {
    ...{ connections, setups, grants, removal, access, messages, runs, ids, clock, log },
    ...{ oauth: configuredOauth(config), publicUrl: config.publicUrl },
    segment: createSegmentApi({
      ...{ apiUrl: config.segmentApiUrl, trackingUrl: config.segmentTrackingUrl, clock },
    }),
    statsigKeys: createStatsigKeys({
      ...{ eventsUrl: config.statsigEventsUrl, consoleUrl: config.statsigConsoleUrl },
    }),
  }
}
