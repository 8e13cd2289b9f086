import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiKey, createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { makeLateTrack, makeTrack } from '../support/make-event.ts'
import { leaseOf } from '../support/end-entries.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1', { keys: { 'statsig.serverKey': 'secret-old', 'segment.writeKey': 'sw' } })
})
afterEach(() => world.close())

const patch = (body: unknown, id = 'con_1') => world.call('PATCH', `/api/v1/connections/${id}`, body)
const read = async () => (await world.call('GET', '/api/v1/connections/con_1')).json
/** The fields of the connection that a patch to settings may change. */
async function settings() {
  const { identifiers, environment, types, inbound } = (await read()) as Record<string, unknown>
  return { identifiers, environment, types, inbound }
}

async function accept(batch: object[]): Promise<void> {
  const body = JSON.stringify({ batch, writeKey: 'wk-con_1' })
  await world.app.request('/v1/batch', { method: 'POST', body })
  world.starter.calls.length = 0
  world.clock.ms += 5_000
}

describe('registerPatchConnection', () => {
  describe('answers', () => {
    it('with the connection as it is now, and keeps what was not named', async () => {
      const before = (await read()) as object
      world.clock.ms += 60_000
      const { status, json } = await patch({ name: 'Renamed' })
      expect(status).toBe(200)
      expect(json).toEqual({ ...before, name: 'Renamed', updatedAt: new Date(nowMs + 60_000).toISOString() })
      expect(await read()).toEqual(json)
    })

    it('to an empty change with the same connection', async () => {
      const before = await settings()
      expect(await patch({})).toMatchObject({ status: 200, json: { settingsVersion: 1 } })
      expect(await settings()).toEqual(before)
    })

    it('with a new version of the settings at each change of them, and the old one stays readable', async () => {
      expect(await patch({ environment: 'staging' })).toMatchObject({ json: { settingsVersion: 2 } })
      expect(await patch({ environment: 'development' })).toMatchObject({ json: { settingsVersion: 3 } })
      expect(await patch({ name: 'Only a name' })).toMatchObject({ json: { settingsVersion: 3 } })
      expect(await world.store.connections.settingsAt('con_1', 2)).toMatchObject({ environment: 'staging' })
    })

    it('by merging objects key by key', async () => {
      await patch({ types: { alias: true } })
      await patch({ types: { page: false }, inbound: { prefix: 'seg_' } })
      await patch({ inbound: { nameInEvent: true } })
      expect(await settings()).toMatchObject({
        types: { track: true, page: false, screen: true, group: true, alias: true },
        inbound: { enabled: true, prefix: 'seg_', nameInEvent: true },
      })
    })

    it('by replacing arrays whole', async () => {
      const one = [{ from: 'context.device.id', to: 'deviceID' }]
      await patch({ identifiers: [...one, { from: 'anonymousId', to: 'stableID' }] })
      await patch({ identifiers: one })
      expect(await settings()).toMatchObject({ identifiers: one })
      await patch({ identifiers: [] })
      expect(await settings()).toMatchObject({ identifiers: [] })
    })

    it('to null by putting a setting back to its default', async () => {
      const before = await settings()
      await patch({ environment: 'staging', types: { page: false, alias: true }, inbound: { prefix: '' } })
      await patch({ environment: null, types: { page: null }, inbound: { prefix: null } })
      expect(await settings()).toEqual({ ...before, types: { ...(before.types as object), alias: true } })
      await patch({ types: null, identifiers: [], inbound: null })
      await patch({ identifiers: null })
      expect(await settings()).toEqual(before)
    })

    it('to null for a key by removing it', async () => {
      const { json } = await patch({ segment: { writeKey: null }, statsig: { consoleKey: null } })
      expect(json).toMatchObject({ segment: { writeKey: false }, statsig: { serverKey: true } })
      expect(await world.store.connections.openKey('con_1', 'segment.writeKey')).toBeUndefined()
    })

    it('a merge-patch media type as it answers plain JSON', async () => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/merge-patch+json' }
      const init = { method: 'PATCH', headers, body: '{"name":"Merged"}' }
      expect((await world.app.request('/api/v1/connections/con_1', init)).status).toBe(200)
      expect(await read()).toMatchObject({ name: 'Merged' })
    })
  })

  describe('pauses', () => {
    const states = async () => {
      const { lanes } = (await read()) as { lanes: Record<string, { state: string }> }
      return Object.fromEntries(Object.entries(lanes).map(([lane, { state }]) => [lane, state]))
    }

    it('the whole connection, at once, and ends it', async () => {
      expect(await patch({ paused: true })).toMatchObject({ json: { paused: true } })
      expect(new Set(Object.values(await states()))).toEqual(new Set(['paused']))
      await patch({ paused: false })
      expect(new Set(Object.values(await states()))).toEqual(new Set(['asleep']))
    })

    it('one lane, and that pause outlives the connection’s', async () => {
      await patch({ paused: { late: true } })
      expect(await states()).toMatchObject({ events: 'asleep', late: 'paused' })
      await patch({ paused: true })
      await patch({ paused: false })
      expect(await states()).toMatchObject({ events: 'asleep', late: 'paused' })
      await patch({ paused: { late: false } })
      expect(await states()).toMatchObject({ late: 'asleep' })
    })

    it('delivery and never accept', async () => {
      await patch({ paused: true })
      await accept([makeTrack()])
      expect(await read()).toMatchObject({ lanes: { events: { state: 'paused', pending: 1 } } })
    })

    it('and at the end of a pause wakes the lanes that have work', async () => {
      await patch({ paused: true })
      await accept([makeTrack(), makeLateTrack()])
      await world.store.lanes.open('con_1', 'events', nowMs)
      await patch({ paused: { late: true } })
      await patch({ paused: false })
      expect(world.starter.calls).toEqual(['wake con_1 events'])
      world.clock.ms += 2_000
      await patch({ paused: { late: false } })
      expect(world.starter.calls.slice(1)).toContain('wake con_1 late')
    })

    it('and wakes nothing while it lasts', async () => {
      await patch({ paused: true })
      await accept([makeTrack()])
      await patch({ name: 'Still paused' })
      expect(world.starter.calls).toEqual([])
    })
  })

  describe('replaces keys', () => {
    beforeEach(async () => {
      await accept([makeTrack(), makeLateTrack()])
      const lease = await leaseOf(world.store, 'con_1', 'events')
      await world.store.lanes.hold(lease, 'needs_attention', 'Statsig refuses the key (401)', nowMs)
    })

    it('and a new server key ends needs_attention and wakes the backlog', async () => {
      expect(await read()).toMatchObject({ status: 'needs_attention' })
      const { json } = await patch({ statsig: { serverKey: 'secret-new' } })
      expect(json).toMatchObject({ status: 'active', lanes: { events: { state: 'asleep', pending: 1 } } })
      expect(json).not.toHaveProperty('lanes.events.reason')
      expect(world.starter.calls).toContain('wake con_1 events')
      expect(await world.store.connections.openKey('con_1', 'statsig.serverKey')).toBe('secret-new')
    })

    it('and a retry ends needs_attention with the key as it is', async () => {
      const { status, json } = await world.call('POST', '/api/v1/connections/con_1/retry')
      expect({ status, json }).toMatchObject({
        status: 200,
        json: { status: 'active', lanes: { events: { state: 'asleep' } } },
      })
      expect(world.starter.calls).toContain('wake con_1 events')
    })

    it('and of two changes at once neither undoes the other', async () => {
      await Promise.all([patch({ environment: 'staging' }), patch({ types: { page: false } })])
      expect(await settings()).toMatchObject({ environment: 'staging', types: { page: false } })
    })

    it('and another kind of key leaves the lane where it is', async () => {
      const { json } = await patch({ statsig: { consoleKey: 'console-new' } })
      expect(json).toMatchObject({
        status: 'needs_attention',
        lanes: { events: { state: 'needs_attention' } },
      })
      expect(world.starter.calls).not.toContain('wake con_1 events')
    })
  })

  describe('refuses', () => {
    it.each([
      ['an unknown key', { colour: 'red' }, 'colour'],
      ['an unknown key of the settings', { inbound: { prefx: 'x' } }, 'inbound.prefx'],
      ['an unknown type of message', { types: { tracks: false } }, 'types.tracks'],
      ['an unknown kind of key', { statsig: { adminKey: 'secret-x' } }, 'statsig.adminKey'],
      ['an unknown lane', { paused: { everything: true } }, 'paused.everything'],
      ['a pause that is neither a boolean nor lanes', { paused: 'yes' }, 'paused'],
      ['a null pause', { paused: null }, 'paused'],
      ['a null name', { name: null }, 'name'],
      ['a wrong kind of key', { statsig: { serverKey: 'client-x' } }, 'statsig.serverKey'],
      [
        'a filter rule without an action',
        { filters: { inbound: { rules: [{ action: 'include' }, { event: 'A' }] } } },
        'filters.inbound.rules[1].action',
      ],
      [
        'a pattern that cannot be read',
        { filters: { outbound: { rules: [{ action: 'exclude', event: '{a', match: 'glob' }] } } },
        'filters.outbound.rules[0].event',
      ],
      ['an identifier without a target', { identifiers: [{ from: 'a' }] }, 'identifiers[0].to'],
      ['an identifier with a blank source', { identifiers: [{ from: '', to: 'b' }] }, 'identifiers[0].from'],
      [
        'an unknown key of an identifier',
        { identifiers: [{ from: 'a', to: 'b', as: 'c' }] },
        'identifiers[0].as',
      ],
      ['a time that is none', { inbound: { duplicatesUntil: 'soon' } }, 'inbound.duplicatesUntil'],
      ['a type that is neither on nor off', { types: { track: 'on' } }, 'types.track'],
      ['the write key, which cannot be changed', { writeKey: 'other-key' }, 'writeKey'],
    ])('%s with 422 and its path, and changes nothing', async (_, change, path) => {
      const before = await read()
      const { status, json } = await patch({ name: 'Half', ...change })
      expect({ status, json }).toMatchObject({
        status: 422,
        json: { code: 'invalid_request', errors: [{ path }] },
      })
      expect(await read()).toEqual(before)
    })

    it('a Statsig key of another connection with 409, and changes nothing else', async () => {
      await world.connect('con_2', { keys: { 'statsig.serverKey': 'secret-two' } })
      const change = { name: 'Half', environment: 'staging', statsig: { serverKey: 'secret-two' } }
      expect(await patch(change)).toMatchObject({ status: 409, json: { code: 'key_in_use' } })
      expect(await read()).toMatchObject({ name: 'Name of con_1', settingsVersion: 1 })
    })

    it('an unknown connection with 404', async () => {
      expect(await patch({ name: 'x' }, 'con_9')).toMatchObject({ status: 404, json: { code: 'not_found' } })
    })

    it('a body under another type with 400, instead of taking it for an empty change', async () => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'text/plain' }
      const init = { method: 'PATCH', headers, body: '{"paused":true}' }
      const response = await world.app.request('/api/v1/connections/con_1', init)
      expect(response.status).toBe(400)
      expect(await read()).toMatchObject({ paused: false })
    })
  })
})
