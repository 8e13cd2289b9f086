// Segment's Public API under its real paths (npm @segment/public-api-sdk-typescript 47.0.0): what a set-up of a
// destination needs. `{data: …}` around every answer.
import { Hono } from 'hono'
import type { SandboxEnv } from '../../connection.ts'
import type { Source } from '../workspace.ts'
import { mayTouch } from './access.ts'
import { createDestination, destinationsOf, listDestinations, oneDestination } from './destinations.ts'
import { refuse } from './errors.ts'
import { guarded, type ApiHandler, type PublicApiDeps } from './guard.ts'
import { pageOf } from './page.ts'
import { createSubscription, listSubscriptions, oneSubscription } from './subscriptions.ts'

/** The routes, all guarded. */
export function publicApi(deps: PublicApiDeps): Hono<SandboxEnv> {
  const api = new Hono<SandboxEnv>()
  const guard = (handle: ApiHandler) => guarded(deps, handle)
  api.get('/', guard(getWorkspace(deps)))
  api.get('/echo', guard(echo))
  api.get('/sources', guard(listSources(deps)))
  api.get('/sources/:sourceId', guard(getSource(deps)))
  api.get('/sources/:sourceId/connected-destinations', guard(connectedDestinations(deps)))
  api.get('/catalog/destinations', guard(listCatalog(deps)))
  api.get('/catalog/destinations/:metadataId', guard(getMetadata(deps)))
  api.get('/destinations', guard(listDestinations(deps)))
  api.post('/destinations', guard(createDestination(deps)))
  api.on(['GET', 'PATCH', 'DELETE'], '/destinations/:destinationId', guard(oneDestination(deps)))
  const subscriptions = '/destinations/:destinationId/subscriptions'
  api.get(subscriptions, guard(listSubscriptions(deps)))
  api.post(subscriptions, guard(createSubscription(deps)))
  api.on(['GET', 'PATCH', 'DELETE'], `${subscriptions}/:id`, guard(oneSubscription(deps)))
  return api
}

const getWorkspace =
  ({ workspace: { id, slug, name } }: PublicApiDeps): ApiHandler =>
  (c) =>
    c.json({ data: { workspace: { id, slug, name } } })

const echo: ApiHandler = (c) =>
  c.json({ data: { method: 'get', message: c.req.query('message') ?? '', headers: {} } })

const metadata = {
  ...{
    id: 'sandbox-source-metadata',
    name: 'Node.js',
    slug: 'node.js',
    description: '',
    logos: { default: '' },
  },
  ...{ options: [], categories: ['Server'], isCloudEventSource: false },
}
const toWire = (source: Source) => ({ ...source, metadata, settings: {}, labels: [] })

const listSources =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  (c, access) => {
    const page = pageOf(
      c,
      workspace.sources.filter(({ id }) => mayTouch(access, id)),
    )
    if ('field' in page) return refuse(c, 'bad-request', `${page.field} is not valid.`, page)
    return c.json({ data: { sources: page.items.map(toWire), pagination: page.pagination } })
  }

const getSource =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  (c, access) => {
    const source = workspace.source(c.req.param('sourceId') ?? '')
    if (!source || !mayTouch(access, source.id)) return refuse(c, 'not-found', 'No such source.')
    return c.json({ data: { source: toWire(source), trackingPlanId: null } })
  }

const connectedDestinations =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  (c, access) => {
    const source = workspace.source(c.req.param('sourceId') ?? '')
    if (!source || !mayTouch(access, source.id)) return refuse(c, 'not-found', 'No such source.')
    const page = pageOf(c, destinationsOf(workspace, access, source.id))
    if ('field' in page) return refuse(c, 'bad-request', `${page.field} is not valid.`, page)
    return c.json({ data: { destinations: page.items, pagination: page.pagination } })
  }

const listCatalog =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  (c) => {
    const page = pageOf(c, workspace.catalog)
    if ('field' in page) return refuse(c, 'bad-request', `${page.field} is not valid.`, page)
    return c.json({ data: { destinationsCatalog: page.items, pagination: page.pagination } })
  }

const getMetadata =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  (c) => {
    const destinationMetadata = workspace.catalog.find(({ id }) => id === c.req.param('metadataId'))
    if (!destinationMetadata) return refuse(c, 'not-found', 'No such catalogue entry.')
    return c.json({ data: { destinationMetadata } })
  }
