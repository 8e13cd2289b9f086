import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiKey, createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

const create = (body: unknown) => world.call('POST', '/api/v1/connections', body)
const statsig = { serverKey: 'secret-abc', clientKey: 'client-abc', consoleKey: 'console-abc' }
const segment = { writeKey: 'segment-write-abc', sharedSecret: 'shared-abc', apiToken: 'token-abc' }

describe('registerCreateConnection', () => {
  describe('answers', () => {
    it('201 with the connection as it is, without waiting for a vendor', async () => {
      const { status, json } = await create({ name: ' Shop ', statsig: { serverKey: 'secret-abc' } })
      expect(status).toBe(201)
      expect(json).toMatchObject({
        ...{ id: 'con_1', name: 'Shop', setup: 'manual', status: 'active', writeKey: 'write-key-2' },
        webhookUrl: 'http://bridge.test/webhooks/segment/con_1',
        paused: false,
        statsig: { serverKey: true, clientKey: false, consoleKey: false },
        segment: { writeKey: false, sharedSecret: false, apiToken: false },
        identifiers: [{ from: 'anonymousId', to: 'segmentAnonymousId' }],
        types: { track: true, page: true, screen: true, group: true, alias: false },
        settingsVersion: 1,
        createdAt: new Date(nowMs).toISOString(),
      })
      expect(world.starter.calls).toEqual([])
    })

    it('with every lane asleep and a link to its run', async () => {
      const { json } = await create({ name: 'Shop' })
      const { lanes } = json as { lanes: Record<string, object> }
      expect(Object.keys(lanes)).toEqual(['events', 'late', 'audiences', 'outbound', 'forward'])
      expect(lanes.events).toEqual({
        ...{ state: 'asleep', paused: false, pending: 0, lagMs: 0, workflowId: 'lane:con_1:events' },
        temporalUrl: 'http://temporal.test/namespaces/default/workflows/lane%3Acon_1%3Aevents',
      })
    })

    it('status new while there is no server key', async () => {
      expect(await create({ name: 'Shop' })).toMatchObject({ status: 201, json: { status: 'new' } })
    })

    it('accepts events from the moment of its creation', async () => {
      await create({ name: 'Shop', writeKey: 'kept-by-my-sdks' })
      const authorization = `Basic ${Buffer.from('kept-by-my-sdks:').toString('base64')}`
      const init = { method: 'POST', headers: { authorization }, body: '{"event":"x","userId":"u1"}' }
      expect((await world.app.request('/v1/track', init)).status).toBe(200)
    })

    it('never shows a secret again, in any answer', async () => {
      const answers = [
        await create({ name: 'Shop', statsig, segment }),
        await world.call('GET', '/api/v1/connections'),
        await world.call('GET', '/api/v1/connections/con_1'),
        await world.call('PATCH', '/api/v1/connections/con_1', { statsig, name: 'Shop 2' }),
        await create({ name: 'Other', statsig }),
        await create({ name: 'Wrong', statsig: { serverKey: 'console-abc' } }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 409, 422])
      for (const { text } of answers) {
        for (const secret of [...Object.values(statsig), ...Object.values(segment)])
          expect(text).not.toContain(secret)
      }
      expect(await world.store.connections.openKey('con_1', 'statsig.serverKey')).toBe('secret-abc')
      expect(JSON.stringify(world.log.lines)).not.toContain('secret-abc')
    })

    it('tells for each key whether it is set', async () => {
      const { json } = await create({ name: 'Shop', statsig, segment })
      expect(json).toMatchObject({
        statsig: { serverKey: true, clientKey: true, consoleKey: true },
        segment: { writeKey: true, sharedSecret: true, apiToken: true },
      })
    })
  })

  describe('refuses', () => {
    it.each([
      ['a console key as the server key', { statsig: { serverKey: 'console-abc' } }, 'statsig.serverKey'],
      ['a server key as the client key', { statsig: { clientKey: 'secret-abc' } }, 'statsig.clientKey'],
      ['a client key as the console key', { statsig: { consoleKey: 'client-abc' } }, 'statsig.consoleKey'],
      ['an unknown key', { colour: 'red' }, 'colour'],
      ['an unknown kind of Statsig key', { statsig: { adminKey: 'secret-abc' } }, 'statsig.adminKey'],
      ['an unknown way of set-up', { setup: 'magic' }, 'setup'],
      ['a blank name', { name: '  ' }, 'name'],
      ['a name that is no text', { name: 7 }, 'name'],
      ['a write key with odd characters', { writeKey: 'a b c d' }, 'writeKey'],
      ['a null key', { statsig: { serverKey: null } }, 'statsig.serverKey'],
    ])('%s with 422 and its path', async (_, change, path) => {
      const { status, json } = await create({ name: 'Shop', ...change })
      expect({ status, json }).toMatchObject({
        status: 422,
        json: { code: 'invalid_request', errors: [{ path }] },
      })
      expect(await world.store.connections.list({ limit: 10 })).toEqual([])
    })

    it('a body that is no object, or has no name, with 422', async () => {
      for (const body of [null, [], 'text', {}]) expect(await create(body)).toMatchObject({ status: 422 })
    })

    it('a Statsig key that another connection has, with 409, and makes nothing', async () => {
      await create({ name: 'One', statsig })
      for (const [kind, key] of Object.entries(statsig)) {
        const { status, json } = await create({ name: 'Two', statsig: { [kind]: key } })
        expect({ status, json }).toMatchObject({ status: 409, json: { code: 'key_in_use' } })
      }
      expect(await world.store.connections.list({ limit: 10 })).toHaveLength(1)
    })

    it('a write key that another connection has, with 409', async () => {
      await create({ name: 'One', writeKey: 'write-key-x' })
      const { status, json } = await create({ name: 'Two', writeKey: 'write-key-x' })
      expect({ status, json }).toMatchObject({ status: 409, json: { code: 'write_key_in_use' } })
    })

    it.each([
      ['broken JSON', 'application/json', '{"name":'],
      ['a form', 'application/x-www-form-urlencoded', '{"name":"Shop"}'],
      ['a body without a type', '', '{"name":"Shop"}'],
    ])('%s with 400', async (_, type, body) => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': type }
      const response = await world.app.request('/api/v1/connections', { method: 'POST', headers, body })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'not_json', title: 'The body is not JSON' })
    })
  })
})
