import { describe, expect, it } from 'vitest'
import { inProcess } from '../sandbox-client.ts'

const webhooks = '614a3c7d791c91c41bae7599'

interface Answer {
  status: number
  headers: Headers
  data: Record<string, unknown>
  errors: { type: string; message: string; field?: string; data?: unknown; status: number }[]
}

function open({ nowMs = 1_700_000_000_000, token = 'sandbox-token' } = {}) {
  const sandbox = inProcess(nowMs)
  const call = async (method: string, path: string, body?: object, bearer = token): Promise<Answer> => {
    const response = await sandbox.ask(path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const { status, headers } = response
    return { status, headers, ...((await response.json()) as Pick<Answer, 'data' | 'errors'>) }
  }
  const makeDestination = async (over: object = {}) => {
    const settings = { sharedSecret: 's3' }
    const body = { sourceId: 'source-id-web', metadataId: webhooks, name: 'Bridge', settings, ...over }
    const { data } = await call('POST', '/destinations', body)
    return (data.destination as { id: string }).id
  }
  const turn = (knobs: object) =>
    sandbox.ask('/_sandbox/segment/settings', { method: 'PATCH', body: JSON.stringify(knobs) })
  const inventory = async () =>
    (await (await sandbox.ask('/_sandbox/segment/destinations')).json()) as Record<string, unknown>[]
  return { ...sandbox, call, makeDestination, turn, inventory }
}

const subscription = {
  name: 'All events',
  actionId: 'action-webhook-send',
  trigger: 'type = "track" or type = "identify"',
  enabled: true,
  settings: { url: 'http://127.0.0.1:9/webhooks', method: 'POST', data: { '@path': '$.' } },
}

describe('publicApi', () => {
  it('shows one workspace, its two sources and their write keys', async () => {
    const { call } = open()
    expect((await call('GET', '/')).data.workspace).toEqual({
      id: 'sandbox-workspace',
      slug: 'sandbox',
      name: 'Sandbox',
    })
    const { sources } = (await call('GET', '/sources')).data
    expect(sources).toMatchObject([
      { id: 'source-id-web', slug: 'web', name: 'web', enabled: true, writeKeys: ['source-web'] },
      { id: 'source-id-server', slug: 'server', name: 'server', writeKeys: ['source-server'] },
    ])
    expect((await call('GET', '/sources/source-id-web')).data.source).toMatchObject({ slug: 'web' })
  })

  it('makes, changes, lists and deletes a destination with its subscriptions', async () => {
    const { call, makeDestination, inventory } = open()
    const id = await makeDestination()
    const made = await call('POST', `/destinations/${id}/subscriptions`, subscription)
    const { id: subscriptionId } = made.data.destinationSubscription as { id: string }
    expect(made.data.destinationSubscription).toMatchObject({
      ...subscription,
      actionSlug: 'send',
      destinationId: id,
    })
    const changed = await call('PATCH', `/destinations/${id}/subscriptions/${subscriptionId}`, {
      input: { enabled: false },
    })
    expect(changed.data.subscription).toEqual({
      ...(made.data.destinationSubscription as object),
      enabled: false,
    })
    expect((await call('GET', `/destinations/${id}/subscriptions`)).data.subscriptions).toHaveLength(1)
    const patch = await call('PATCH', `/destinations/${id}`, {
      enabled: false,
      settings: { sharedSecret: 's4' },
    })
    expect(patch.data.destination).toMatchObject({
      enabled: false,
      name: 'Bridge',
      settings: { sharedSecret: 's4' },
    })
    expect(await inventory()).toMatchObject([{ id, subscriptions: [{ id: subscriptionId, enabled: false }] }])
    expect((await call('DELETE', `/destinations/${id}`)).data).toEqual({ status: 'SUCCESS' })
    expect((await call('GET', `/destinations/${id}`)).status).toBe(404)
    expect(await inventory()).toEqual([])
  })

  it('lists the destinations of one source only there', async () => {
    const { call, makeDestination } = open()
    const web = await makeDestination()
    const server = await makeDestination({ sourceId: 'source-id-server' })
    const ids = ({ data }: Answer) => (data.destinations as { id: string }[]).map(({ id }) => id)
    expect(ids(await call('GET', '/destinations'))).toEqual([web, server])
    expect(ids(await call('GET', '/sources/source-id-server/connected-destinations'))).toEqual([server])
  })

  it('knows Webhooks (Actions) and its action by the catalogue', async () => {
    const { call } = open()
    const { destinationMetadata } = (await call('GET', `/catalog/destinations/${webhooks}`)).data
    expect(destinationMetadata).toMatchObject({ slug: 'actions-webhook', actions: [{ slug: 'send' }] })
    expect((await call('GET', '/catalog/destinations')).data.destinationsCatalog).toHaveLength(2)
    expect((await call('GET', '/catalog/destinations/none')).status).toBe(404)
  })

  it('pages by cursor, with dots and with brackets, to the last and back', async () => {
    const { call, makeDestination } = open()
    for (let index = 0; index < 5; index += 1) await makeDestination({ name: `d${index}` })
    const names: string[] = []
    let cursor: string | undefined
    do {
      const query =
        cursor === undefined ? 'pagination.count=2' : `pagination.count=2&pagination[cursor]=${cursor}`
      const { data } = await call('GET', `/destinations?${query}`)
      names.push(...(data.destinations as { name: string }[]).map(({ name }) => name))
      const pagination = data.pagination as { next?: string; previous?: string; totalEntries: number }
      expect(pagination.totalEntries).toBe(5)
      expect('previous' in pagination).toBe(cursor !== undefined)
      cursor = pagination.next
    } while (cursor !== undefined)
    expect(names).toEqual(['d0', 'd1', 'd2', 'd3', 'd4'])
    for (const query of ['pagination.count=0', 'pagination.count=1001', 'pagination.cursor=zzz']) {
      expect((await call('GET', `/sources?${query}`)).errors).toMatchObject([
        { type: 'bad-request', status: 400 },
      ])
    }
  })

  it.each([
    ['a revoked token', 'sandbox-token-revoked'],
    ['a token that nobody granted', 'other'],
    ['an empty token', ''],
  ])('answers 401 to %s', async (_, token) => {
    const answer = await open().call('GET', '/sources', undefined, token)
    expect(answer.status).toBe(401)
    expect(answer.errors).toMatchObject([{ type: 'unauthenticated', status: 401 }])
  })

  it('answers 403 to a write with a token that may only read', async () => {
    const { call, inventory } = open({ token: 'sandbox-token-readonly' })
    expect((await call('GET', '/destinations')).status).toBe(200)
    const body = { sourceId: 'source-id-web', metadataId: webhooks, settings: {} }
    expect((await call('POST', '/destinations', body)).errors).toMatchObject([{ type: 'forbidden' }])
    expect(await inventory()).toEqual([])
  })

  it.each([
    ['an unknown source', { sourceId: 'none' }, 404, 'sourceId'],
    ['an unknown catalogue entry', { metadataId: 'none' }, 404, 'metadataId'],
    ['an unknown setting', { settings: { secret: 's' } }, 400, 'secret'],
    ['a setting of the wrong type', { settings: { sharedSecret: 7 } }, 400, 'sharedSecret'],
    ['a missing setting', { metadataId: '613ba8c0114797213a8eff94', settings: {} }, 400, 'apiKey'],
    ['no settings', { settings: undefined }, 400, 'settings'],
  ])('refuses a destination with %s and names the field', async (_, over, status, field) => {
    const { call, inventory } = open()
    const body = { sourceId: 'source-id-web', metadataId: webhooks, settings: {}, ...over }
    const answer = await call('POST', '/destinations', body)
    expect(answer.status).toBe(status)
    expect(answer.errors).toMatchObject([{ field }])
    expect(await inventory()).toEqual([])
  })

  it.each([
    ['an unknown action', { actionId: 'none' }, 'actionId'],
    ['a trigger that is no FQL', { trigger: 'type is track((' }, 'trigger'],
    ['no URL', { settings: { method: 'POST' } }, 'settings'],
    ['an unknown field', { settings: { url: 'http://a', uri: 'b' } }, 'settings'],
    [
      'a directive that it cannot carry out',
      { settings: { url: 'http://a', data: { '@if': {} } } },
      'settings',
    ],
  ])('refuses a subscription with %s', async (_, over, field) => {
    const { call, makeDestination, inventory } = open()
    const id = await makeDestination()
    const answer = await call('POST', `/destinations/${id}/subscriptions`, { ...subscription, ...over })
    expect(answer.status).toBe(400)
    expect(answer.errors).toMatchObject([{ type: 'bad-request', field }])
    expect(await inventory()).toMatchObject([{ subscriptions: [] }])
  })

  it('answers 429 over the limit, with the numbers in data and headers and the reset as a date', async () => {
    const { call, turn } = open({ nowMs: Date.parse('2026-01-05T12:00:00Z') })
    await turn({ apiRequestsPerMinute: 2 })
    await call('GET', '/sources')
    expect((await call('GET', '/sources')).headers.get('x-ratelimit-remaining')).toBe('0')
    const answer = await call('GET', '/sources')
    expect(answer.status).toBe(429)
    const data = { consumedPoints: 3, remainingPoints: 0, msBeforeNext: 60_000 }
    expect(answer.errors).toMatchObject([{ type: 'rate-limit', data }])
    expect(answer.headers.get('x-ratelimit-reset')).toBe('Mon, 05 Jan 2026 12:01:00 GMT')
    expect((await call('GET', '/sources', undefined, 'sandbox-token-2')).status).toBe(200)
  })

  it('meets a fault of segment.api at the request that is named, and lists what was asked', async () => {
    const { call, addFault, makeDestination, ask } = open()
    await addFault({ target: 'segment.api', status: 500, whenRequest: 'POST /destinations/', times: 1 })
    const id = await makeDestination()
    const path = `/destinations/${id}/subscriptions`
    expect((await call('POST', path, subscription)).status).toBe(500)
    expect((await call('POST', path, subscription)).status).toBe(200)
    expect(await (await ask('/_sandbox/segment/api_requests')).json()).toMatchObject([
      { method: 'POST', path: '/destinations', status: 200 },
      { method: 'POST', path, status: 500 },
      { method: 'POST', path, status: 200 },
    ])
  })

  it('forgets destinations, limits and settings on DELETE', async () => {
    const { call, makeDestination, ask, turn, inventory } = open()
    await makeDestination()
    await turn({ apiRequestsPerMinute: 1 })
    await ask('/_sandbox', { method: 'DELETE' })
    expect(await inventory()).toEqual([])
    expect(await (await ask('/_sandbox/segment/settings')).json()).toMatchObject({
      apiRequestsPerMinute: 600,
    })
    for (let attempt = 0; attempt < 2; attempt += 1) expect((await call('GET', '/sources')).status).toBe(200)
  })
})

describe('knobRoutes', () => {
  it('turns the settings that are named and leaves the others', async () => {
    const { turn } = open()
    const answer = await turn({ refreshTokens: 'rotating' })
    expect(await answer.json()).toMatchObject({ refreshTokens: 'rotating', accessTokenSeconds: 3_600 })
  })

  it.each([{ refreshTokens: 'sometimes' }, { accessTokenSeconds: 0 }, { none: 1 }])(
    'refuses %j',
    async (knobs) => {
      const { turn, ask } = open()
      const before = await (await ask('/_sandbox/segment/settings')).json()
      expect((await turn(knobs)).status).toBe(400)
      expect(await (await ask('/_sandbox/segment/settings')).json()).toEqual(before)
    },
  )
})
