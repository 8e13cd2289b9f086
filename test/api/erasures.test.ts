import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createErasureStarter } from '../../api/erasures.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

const path = '/api/v1/connections/con_1/erasures'

describe('registerErasures', () => {
  it('starts an erasure and says what it does not reach; the id of the person is nowhere in the answer', async () => {
    const { status, text, json } = await world.call('POST', path, { userId: 'ann-of-the-test' })
    expect(status).toBe(201)
    expect(json).toMatchObject({ state: 'running', origin: 'call', connectionId: 'con_1', messages: 0 })
    expect((json as { notCovered: string[] }).notCovered.join(' ')).toContain('Backups')
    expect(text).not.toContain('ann-of-the-test')
    const { id } = json as { id: string }
    expect(world.runs.calls).toEqual([
      { call: 'start', workflowId: `erasure:${id}`, name: 'erasePerson', args: [{ erasureId: id }] },
    ])
    expect((await world.call('GET', `/api/v1/erasures/${id}`)).json).toEqual(json)
    expect((await world.call('GET', path)).json).toEqual({ data: [json] })
  })

  it.each([
    ['nobody', {}],
    ['a blank id', { userId: '  ' }],
    ['an unknown field', { userId: 'a', email: 'a@b.c' }],
    ['an object', { userId: {} }],
  ])('refuses %s', async (_, body) => {
    expect(await world.call('POST', path, body)).toMatchObject({
      status: 422,
      json: { code: 'invalid_request' },
    })
    expect(world.runs.calls).toEqual([])
  })

  it('answers 404 for a connection or an erasure that is not there', async () => {
    const nowhere = await world.call('POST', '/api/v1/connections/con_2/erasures', { userId: 'a' })
    expect(nowhere.status).toBe(404)
    expect((await world.call('GET', '/api/v1/erasures/era_9')).status).toBe(404)
  })
})

describe('createErasureStarter', () => {
  it('starts what could not be started while Temporal was away', async () => {
    world.runs.start = () => Promise.reject(new Error('away'))
    expect((await world.call('POST', path, { anonymousId: 'anon' })).status).toBe(201)
    const started: string[] = []
    world.runs.start = async ({ workflowId }) => started.push(workflowId) > 0
    const { erasures } = world.store
    const starter = createErasureStarter({ erasures, runs: world.runs, log: world.log })
    await starter.sweep()
    expect(started).toEqual([expect.stringMatching(/^erasure:era_/)])
    await erasures.finish(started[0]?.slice('erasure:'.length) ?? '', world.clock.ms)
    await starter.sweep()
    expect(started).toHaveLength(1)
  })
})
