/** The HTTP app: the list of routes is the table of contents. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { BridgeError } from '../core/errors.ts'
import type { ApiDeps } from './deps.ts'
import { access } from './middleware/access.ts'
import { audit } from './middleware/audit.ts'
import { idempotency } from './middleware/idempotency.ts'
import { createOnError, InvalidRequest, problemOf, respondWith } from './on-error.ts'
import { registerAlerts } from './routes/alerts.ts'
import { registerAudienceGuide } from './routes/audience-guide.ts'
import { registerAudienceHistory } from './routes/audience-history.ts'
import { registerAudienceMembers } from './routes/audience-members.ts'
import { registerAudiences } from './routes/audiences.ts'
import { pageFor, registerConsole } from './routes/console.ts'
import { registerCreateConnection } from './routes/create-connection.ts'
import { registerCreateUnitIdType } from './routes/create-unit-id-type.ts'
import { registerDeleteConnection } from './routes/delete-connection.ts'
import { registerDocs } from './routes/docs.ts'
import { registerErasures } from './routes/erasures.ts'
import { registerFiltersPreview } from './routes/post-filters-preview.ts'
import { registerHealth } from './routes/health.ts'
import { registerMetrics } from './routes/metrics.ts'
import { registerOauthCallback } from './routes/oauth-callback.ts'
import { registerPatchConnection } from './routes/patch-connection.ts'
import { registerKeys } from './routes/keys.ts'
import { registerAudienceHandshake } from './routes/post-audience-handshake.ts'
import { registerSegmentWebhook } from './routes/post-segment-webhook.ts'
import { registerStatsigSdk } from './routes/post-statsig-sdk.ts'
import { registerStatsigWebhook } from './routes/post-statsig-webhook.ts'
import { registerTracking } from './routes/post-tracking.ts'
import { registerTest } from './routes/post-test.ts'
import { registerReadAudit } from './routes/read-audit.ts'
import { registerReadCatalogue } from './routes/read-catalogue.ts'
import { registerReadConnections } from './routes/read-connections.ts'
import { registerReadMessages } from './routes/read-messages.ts'
import { registerReadStats } from './routes/read-stats.ts'
import { registerReadStream } from './routes/read-stream.ts'
import { registerExports } from './routes/exports.ts'
import { registerRedrives } from './routes/redrives.ts'
import { registerReplays } from './routes/replays.ts'
import { registerRetention } from './routes/retention.ts'
import { registerSession } from './routes/session.ts'
import { registerSetup } from './routes/setup.ts'

export function createApp(deps: ApiDeps) {
  // Not strict: `/v1/batch/` is `/v1/batch`, since an SDK's host is typed by people and we never redirect.
  const app = new OpenAPIHono({ defaultHook: refuseInvalid, strict: false })
  app.onError(createOnError(deps.log))
  app.notFound(
    async (c) =>
      (await pageFor(c, deps.consoleFolder)) ??
      respondWith(c, problemOf(new BridgeError('not_found', `Nothing is at ${c.req.path}.`))),
  )

  registerMetrics(app, deps)
  registerTracking(app, deps)
  registerStatsigSdk(app, deps)
  registerSegmentWebhook(app, deps)
  registerAudienceHandshake(app, deps)
  registerStatsigWebhook(app, deps)
  registerHealth(app, deps)
  registerOauthCallback(app, deps)

  const control = new OpenAPIHono({ defaultHook: refuseInvalid })
  control.use(
    access(deps),
    idempotency(deps),
    audit(deps, () => app.request),
  )
  registerKeys(control, deps)
  registerSession(control, deps)
  registerReadAudit(control, deps)
  registerCreateConnection(control, deps)
  registerRetention(control, deps)
  registerReadConnections(control, deps)
  registerPatchConnection(control, deps)
  registerReadMessages(control, deps)
  registerReadStats(control, deps)
  registerReadStream(control, deps)
  registerReadCatalogue(control, deps)
  registerFiltersPreview(control, deps)
  registerTest(control, deps)
  registerAlerts(control, deps)
  registerErasures(control, deps)
  registerAudiences(control, deps)
  registerAudienceMembers(control, deps)
  registerAudienceHistory(control, deps)
  registerAudienceGuide(control, deps)
  registerReplays(control, deps)
  registerExports(control, deps)
  registerRedrives(control, deps)
  registerCreateUnitIdType(control, deps)
  registerSetup(control, deps)
  registerDeleteConnection(control, deps)
  app.route('/api/v1', control)

  registerDocs(app)
  registerConsole(app, deps)
  return app
}

export type AppType = ReturnType<typeof createApp>

type Hook = NonNullable<NonNullable<ConstructorParameters<typeof OpenAPIHono>[0]>['defaultHook']>

/** A body of another type is not even read by the validator, so an empty change would pass for the one that was sent. */
const refuseInvalid: Hook = (result, c) => {
  if (
    result.target === 'json' &&
    !/^application\/([\w.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '')
  )
    throw new BridgeError('not_json', 'Send the body with `Content-Type: application/json`.')
  if (!result.success) throw new InvalidRequest(result.error.issues)
}
