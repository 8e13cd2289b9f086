// One suite for the door of every control-plane route: it walks the document and the router, so none is forgotten.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../api/openapi-document.ts'
import { apiKey, createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

interface Described {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
}

const { paths } = openApiDocument() as Described
const routes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { responses }]) => ({
    method: method.toUpperCase(),
    path,
    responses,
  })),
)

/** What is at the root, and shows nothing of anybody or asks for a proof of its own. */
const doors = [
  ...['/', '/assets/:name', '/docs', '/docs/start.js', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css'],
  ...['/healthz', '/metrics', '/oauth/segment/callback', '/openapi.json', '/readyz'],
].map((path) => `GET ${path}`)
const ingestDoors = [
  ...['a', 'alias', 'b', 'batch', 'g', 'group', 'i', 'identify', 'import', 'log_event', 'p', 'page', 'rgstr'],
  ...['s', 'screen', 't', 'track'],
].map((call) => `POST /v1/${call}`)
const webhookDoors = ['segment/:connectionId', 'segment/:connectionId/audiences/create']
  .concat('segment/:connectionId/audiences/get', 'statsig/:connectionId')
  .map((path) => `POST /webhooks/${path}`)

let world: ApiWorld
beforeAll(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterAll(() => world.close())

const keys: [string, Record<string, string>][] = [
  ['no key', {}],
  ['a wrong key', { authorization: 'Bearer not-the-key' }],
  ['an empty key', { authorization: 'Bearer ' }],
  [
    'the key under another scheme',
    { authorization: `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}` },
  ],
  ['the key without a scheme', { authorization: apiKey }],
  ['the key with something behind it', { authorization: `Bearer ${apiKey} more` }],
  ['the beginning of the key', { authorization: `Bearer ${apiKey.slice(0, -1)}` }],
  ['the key in a query', { 'x-query': apiKey }],
]

describe('access', () => {
  it('guards every route that the router has under /api/v1, and the document describes each of them', () => {
    const routed = world.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/v1/'))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    const described = routes.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(routed)).toEqual(new Set(described))
    expect(described.length).toBeGreaterThanOrEqual(7)
  })

  it('leaves no way in beside it that is not known', () => {
    const elsewhere = world.app.routes
      .filter(({ method, path }) => method !== 'ALL' && !path.startsWith('/api/v1/'))
      .map(({ method, path }) => `${method} ${path}`)
    // Each has a proof of its own (write key, signature, secret in the URL, state), or shows nothing of anybody.
    expect([...new Set(elsewhere)].toSorted()).toEqual([...doors, ...ingestDoors, ...webhookDoors])
  })

  describe.each(routes)('guards $method $path', ({ method, path, responses }) => {
    it.each(keys)('refuses %s with 401 as a problem', async (_, { 'x-query': query, ...headers }) => {
      const at = path.replaceAll('{id}', 'con_1') + (query === undefined ? '' : `?key=${query}&k=${query}`)
      const response = await world.app.request(at, {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: '{"name":"changed"}' }),
      })
      expect(response.status).toBe(401)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toMatchObject({ status: 401, code: 'unauthorized' })
    })

    it('describes its 401', () => {
      expect(Object.keys(responses)).toContain('401')
    })
  })

  it('has let no refused request change anything', async () => {
    const all = await world.store.connections.list({ limit: 10 })
    expect(all.map(({ id, name }) => [id, name])).toEqual([['con_1', 'Name of con_1']])
  })

  it.each(['Bearer', 'bearer', 'BEARER'])('takes the key under %s', async (scheme) => {
    const headers = { authorization: `${scheme} ${apiKey}` }
    expect((await world.app.request('/api/v1/connections', { headers })).status).toBe(200)
  })

  it('refuses an unknown path without a key as it refuses a known one, and with a key says 404', async () => {
    expect((await world.app.request('/api/v1/nothing')).status).toBe(401)
    expect(await world.call('GET', '/api/v1/nothing')).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    })
  })
})
