import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIdTypes } from '../../api/id-types.ts'
import { createStatsigConsole } from '../../clients/statsig-console.ts'
import { serveSandbox } from '../../sandbox/serve.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { makeTrack } from '../support/make-event.ts'

let sandbox: Awaited<ReturnType<typeof serveSandbox>>
let world: ApiWorld

beforeEach(async () => {
  sandbox = await serveSandbox({ port: 0, nowMs: Date.now })
  world = createApiWorld(({ store, clock }) => ({
    idTypes: createIdTypes({
      ...{ connections: store.connections, clock },
      statsig: createStatsigConsole({ consoleUrl: `${sandbox.origin}/console/v1` }),
    }),
  }))
})
afterEach(async () => {
  await world.close()
  await sandbox.close()
})

const connect = (consoleKey?: string) =>
  world.connect('con_1', { keys: consoleKey === undefined ? {} : { 'statsig.consoleKey': consoleKey } })
const create = (name: string) => world.call('POST', '/api/v1/connections/con_1/unit-id-types', { name })

async function warnings(): Promise<unknown> {
  const body = JSON.stringify({ batch: [makeTrack({ anonymousId: 'anon-1' })], writeKey: 'wk-con_1' })
  await world.app.request('/v1/batch', { method: 'POST', body })
  const { json } = await world.call('GET', '/api/v1/connections/con_1/messages')
  const { data } = json as { data: { id: string }[] }
  return ((await world.call('GET', `/api/v1/messages/${data[0]?.id ?? ''}`)).json as { warnings: unknown })
    .warnings
}

describe('registerCreateUnitIdType', () => {
  it('makes the id type that a message was warned of, and the warning goes', async () => {
    await connect('console-1')
    expect(await warnings()).toEqual([
      expect.objectContaining({ code: 'id_type_unknown', path: 'user.customIDs.segmentAnonymousId' }),
    ])
    const { status, json } = await create('segmentAnonymousId')
    expect({ status, json }).toEqual({
      status: 201,
      json: { names: ['userID', 'stableID', 'segmentAnonymousId'] },
    })
    expect(await warnings()).toEqual([])
  })

  it('warns of nothing where no console key is set, or Statsig does not answer', async () => {
    await connect()
    expect(await warnings()).toEqual([])
    await world.call('PATCH', '/api/v1/connections/con_1', { statsig: { consoleKey: 'console-revoked' } })
    expect(await warnings()).toEqual([])
  })

  it('refuses without a console key, and says what to do', async () => {
    await connect()
    expect(await create('companyID')).toMatchObject({ status: 422, json: { code: 'console_key_missing' } })
  })

  it('passes on that Statsig refuses, without the key', async () => {
    await connect('console-revoked')
    const { status, json } = await create('companyID')
    expect({ status, json }).toMatchObject({ status: 502, json: { code: 'statsig.unavailable' } })
    expect(JSON.stringify(json)).not.toContain('console-revoked')
  })
})
