import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from '../../api/wire/connection.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

interface Page {
  data: Connection[]
  nextCursor: string | null
}
const list = async (query = '') => (await world.call('GET', `/api/v1/connections${query}`)).json as Page

async function connectMany(count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) await world.connect(`con_${n}`)
}

describe('registerReadConnections', () => {
  describe('answers', () => {
    it('an empty list without a cursor', async () => {
      expect(await list()).toEqual({ data: [], nextCursor: null })
    })

    it.each([
      [5, 2, [2, 2, 1]],
      [4, 2, [2, 2]],
      [3, 3, [3]],
      [2, 500, [2]],
    ])('%i connections by pages of %i, oldest first, each once', async (count, limit, sizes) => {
      await connectMany(count)
      const pages: Page[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page = await list(`?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`)
        pages.push(page)
        cursor = page.nextCursor
      }
      expect(pages.map(({ data }) => data.length)).toEqual(sizes)
      const ids = pages.flatMap(({ data }) => data.map(({ id }) => id))
      expect(ids).toEqual(Array.from({ length: count }, (_, index) => `con_${index + 1}`))
    })

    it('50 connections a page when nothing is said', async () => {
      await connectMany(51)
      expect((await list()).data).toHaveLength(50)
    })

    it('one connection, the same as in the list', async () => {
      await connectMany(2)
      const { status, json } = await world.call('GET', '/api/v1/connections/con_2')
      expect(status).toBe(200)
      expect(json).toEqual((await list()).data[1])
    })

    it('a lane with what waits in it and for how long', async () => {
      await world.connect('con_1')
      const body = '{"event":"x","userId":"u1","writeKey":"wk-con_1"}'
      await world.app.request('/v1/track', { method: 'POST', body })
      world.clock.ms += 2_500
      const { json } = await world.call('GET', '/api/v1/connections/con_1')
      expect(json).toMatchObject({
        lanes: { events: { state: 'asleep', pending: 1, lagMs: 2_500 }, late: { pending: 0, lagMs: 0 } },
      })
    })

    it('a lane that needs attention with its reason, also while it is paused', async () => {
      await world.connect('con_1', { keys: { 'statsig.serverKey': 'secret-a' } })
      const lease = await world.store.lanes.open('con_1', 'events', 1)
      if ('held' in lease) throw new Error(lease.held)
      await world.store.lanes.hold(lease, 'needs_attention', 'Statsig refuses the key (401)', 2)
      await world.store.connections.update('con_1', { paused: true }, 3)
      const { json } = await world.call('GET', '/api/v1/connections/con_1')
      expect(json).toMatchObject({
        status: 'needs_attention',
        lanes: {
          events: { state: 'needs_attention', reason: 'Statsig refuses the key (401)' },
          late: { state: 'paused', paused: false },
        },
      })
    })
  })

  describe('refuses', () => {
    it.each(['limit=0', 'limit=501', 'limit=x', 'limit=1.5', `cursor=${'x'.repeat(3_000)}`])(
      '?%s with 422 and the name of the parameter',
      async (query) => {
        const { status, json } = await world.call('GET', `/api/v1/connections?${query}`)
        const [path] = query.split('=')
        expect({ status, json }).toMatchObject({ status: 422, json: { errors: [{ path }] } })
      },
    )

    it('an unknown id with 404', async () => {
      const { status, json } = await world.call('GET', '/api/v1/connections/con_9')
      expect({ status, json }).toMatchObject({ status: 404, json: { code: 'not_found', nextStep: /./ } })
    })

    it('a cursor that is no place in the list with 422', async () => {
      await connectMany(2)
      const { status, json } = await world.call('GET', '/api/v1/connections?cursor=con_99')
      expect({ status, json }).toMatchObject({ status: 422, json: { errors: [{ path: 'cursor' }] } })
    })
  })
})
