import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BridgeError } from '../../core/errors.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { ScriptedSegment } from '../support/segment.ts'

let world: ApiWorld
type Change = Parameters<typeof createApiWorld>[0]
const make = async (change?: Change) => {
  world = createApiWorld((deps) => ({ segmentOauth: new ScriptedSegment().oauth, ...change?.(deps) }))
}
beforeEach(() => make())
afterEach(() => world.close())
const remake = async (change: Change) => {
  await world.close()
  await make(change)
}

interface Answer {
  step: string
  authorizeUrl?: string
  code?: string
}

async function connect(setup: string, segment?: object): Promise<string> {
  const body = { name: 'Shop', setup, ...(segment ? { segment } : {}) }
  return ((await world.call('POST', '/api/v1/connections', body)).json as { id: string }).id
}
async function begin(setup = 'oauth', segment?: object) {
  const id = await connect(setup, segment)
  const { status, json } = await world.call('POST', `/api/v1/connections/${id}/setup`)
  return { id, status, answer: json as Answer }
}
const stateOf = ({ authorizeUrl = '' }: Answer) => new URL(authorizeUrl).searchParams.get('state') ?? ''
const comeBack = (query: Record<string, string>) =>
  world.app.request(`/oauth/segment/callback?${new URLSearchParams(query).toString()}`)
const told = () => world.runs.calls.filter(({ name }) => name === 'consent')

describe('registerSetup', () => {
  it('begins one, and answers the same one to a second call', async () => {
    const { id, status, answer } = await begin()
    expect({ status, step: answer.step }).toEqual({ status: 201, step: 'authorize' })
    const again = await world.call('POST', `/api/v1/connections/${id}/setup`)
    expect(again).toMatchObject({ status: 200, json: { authorizeUrl: answer.authorizeUrl } })
  })

  it.each<[string, Parameters<typeof begin>, string, Change]>([
    ['a token that was not given', ['token'], 'api_token_missing', () => ({})],
    ['an app that is not configured', ['oauth'], 'oauth_not_configured', () => ({ segmentOauth: undefined })],
    [
      'an address that Segment cannot reach',
      ['token', { apiToken: 'token' }],
      'public_url_loopback',
      ({ config }) => ({ config: { ...config, publicUrl: 'http://127.0.0.1:3000' } }),
    ],
  ])('refuses %s, and begins nothing', async (_, given, code, change) => {
    await remake(change)
    const { id, status, answer } = await begin(...given)
    expect({ status, code: answer.code }).toEqual({ status: 422, code })
    expect((await world.call('GET', `/api/v1/connections/${id}/setup`)).status).toBe(404)
  })

  it('shows where it is allowed to those who may start it, and not to a viewer', async () => {
    const { id, answer } = await begin()
    const { json } = await world.call('POST', '/api/v1/keys', { name: 'v', role: 'viewer' })
    const headers = { authorization: `Bearer ${(json as { key: string }).key}` }
    const seen = (await (
      await world.app.request(`/api/v1/connections/${id}/setup`, { headers })
    ).json()) as Answer
    expect(seen.step).toBe('authorize')
    expect(seen).not.toHaveProperty('authorizeUrl')
    expect((await world.call('GET', `/api/v1/connections/${id}/setup`)).json).toMatchObject({
      authorizeUrl: answer.authorizeUrl,
    })
  })

  it('has nothing to cancel or to choose where none is open', async () => {
    const id = await connect('oauth')
    expect((await world.call('DELETE', `/api/v1/connections/${id}/setup`)).status).toBe(404)
    const choice = { sourceId: 'a', sourceIds: ['b'] }
    expect(await world.call('POST', `/api/v1/connections/${id}/setup/source`, choice)).toMatchObject({
      status: 422,
    })
  })
})

describe('registerOauthCallback', () => {
  it('takes a consent once: the same address, opened again, is told to be used, and starts nothing', async () => {
    const { answer } = await begin()
    const query = { state: stateOf(answer), code: 'good-code' }
    const first = await comeBack(query)
    expect({ status: first.status, page: await first.text() }).toMatchObject({
      status: 200,
      page: expect.stringContaining('Segment has allowed it') as string,
    })
    const again = await comeBack(query)
    expect({ status: again.status, page: await again.text() }).toMatchObject({
      status: 400,
      page: expect.stringContaining('It was used before, has expired') as string,
    })
    expect(told()).toHaveLength(1)
  })

  it.each<[string, Record<string, string>]>([
    ['an unknown state', { state: 'made-up', code: 'good-code' }],
    ['no state', { code: 'good-code' }],
    ['neither a code nor an error', { state: 'of the set-up' }],
    ['an empty code', { state: 'of the set-up', code: '' }],
    ['a code beyond all measure', { state: 'of the set-up', code: 'x'.repeat(4_001) }],
  ])('refuses %s, and the set-up goes on waiting', async (_, { state, ...query }) => {
    const { id, answer } = await begin()
    const known = state === 'of the set-up' ? stateOf(answer) : state
    expect((await comeBack({ ...query, ...(known === undefined ? {} : { state: known }) })).status).toBe(400)
    expect(told()).toEqual([])
    expect((await comeBack({ state: stateOf(answer), code: 'good-code' })).status).toBe(200)
    expect((await world.store.setups.newest(id))?.hasConsent).toBe(true)
  })

  it('refuses the state of a set-up that has ended', async () => {
    const { id, answer } = await begin()
    const setup = await world.store.setups.newest(id)
    await world.store.setups.record(setup?.id ?? '', { step: 'expired' }, world.clock.ms)
    expect((await comeBack({ state: stateOf(answer), code: 'good-code' })).status).toBe(400)
  })

  it("passes a refusal on in Segment's words, and never shows what came as HTML", async () => {
    const { answer } = await begin()
    const refusal = { state: stateOf(answer), error: 'access_denied', error_description: '<b>no</b>' }
    const page = await (await comeBack(refusal)).text()
    expect(page).toContain('Segment has not allowed it')
    expect(page).not.toContain('<b>no')
    expect(told()).toMatchObject([{ args: [{ refused: 'access_denied: <b>no</b>' }] }])
  })

  it('keeps the consent where Temporal is away, and passes it on when the set-up is read', async () => {
    const { id, answer } = await begin()
    const update = world.runs.update.bind(world.runs)
    Object.assign(world.runs, {
      update: () => Promise.reject(new BridgeError('temporal_unavailable', 'no answer')),
    })
    const page = await comeBack({ state: stateOf(answer), code: 'good-code' })
    expect(await page.text()).toContain('Causeway has kept the consent')
    Object.assign(world.runs, { update })
    await world.call('GET', `/api/v1/connections/${id}/setup`)
    await expect.poll(() => told().length).toBe(1)
  })
})
