import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AcceptedRequest } from '../../core/ports.ts'
import { endEntries } from '../support/end-entries.ts'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

const read = () => world.call('GET', '/api/v1/retention')
const change = (body: unknown) => world.call('PUT', '/api/v1/retention', body)

function append(receivedAtMs: number): Promise<unknown> {
  const request: AcceptedRequest = {
    ...{ connectionId: 'con_1', receivedAtMs, source: 'tracking', call: 'track', callerIp: undefined },
    body: Buffer.from('{"type":"track","event":"e","userId":"u","messageId":"m"}'),
    lanes: [{ lane: 'events', items: undefined, count: 1, sole: true }],
  }
  return world.store.inbox.append(request)
}

describe('GET /retention', () => {
  it('answers the configured days, no limit and an empty store, until someone chooses or sends', async () => {
    const { status, json } = await read()
    expect(status).toBe(200)
    expect(json).toEqual({
      ...{ days: 14, maxBytes: null },
      holds: { requests: 0, bodiesBytes: 0, databaseBytes: expect.any(Number) as number, oldestAt: null },
    })
  })

  it('says what is held: requests, bytes and since when', async () => {
    await append(nowMs - 86_400_000)
    await append(nowMs)
    const { json } = await read()
    expect(json).toMatchObject({
      holds: { requests: 2, bodiesBytes: 114, oldestAt: '2026-01-04T12:00:00.000Z' },
    })
    const { databaseBytes } = (json as { holds: { databaseBytes: number } }).holds
    expect(databaseBytes).toBeGreaterThan(100_000)
    expect(databaseBytes % 16_384).toBe(0)
  })

  it('says less after a purge', async () => {
    await append(nowMs)
    await append(nowMs)
    await endEntries(world.store, 'con_1', 'events', [{ outcome: 'delivered' }])
    for await (const removed of world.store.retention.purgeEnded(Infinity))
      expect(removed).toMatchObject({ requests: 1 })
    expect((await read()).json).toMatchObject({ holds: { requests: 1, bodiesBytes: 57 } })
  })
})

describe('PUT /retention', () => {
  it('is kept, for every process, and answers what is in force', async () => {
    const chosen = { days: 30, maxBytes: 5_000_000_000 }
    expect(await change(chosen)).toMatchObject({ status: 200, json: chosen })
    expect((await read()).json).toMatchObject(chosen)
    expect(await world.openSecond().retention.settings()).toEqual(chosen)
    expect(await change({ days: 7, maxBytes: null })).toMatchObject({ json: { days: 7, maxBytes: null } })
    expect((await read()).json).toMatchObject({ days: 7, maxBytes: null })
  })

  it.each([
    ['no days', { maxBytes: null }, 'days'],
    ['no word on the size', { days: 3 }, 'maxBytes'],
    ['less than a day', { days: 0, maxBytes: null }, 'days'],
    ['part of a day', { days: 1.5, maxBytes: null }, 'days'],
    ['more than ten years', { days: 3_651, maxBytes: null }, 'days'],
    ['days as text', { days: '14', maxBytes: null }, 'days'],
    ['a limit of nothing', { days: 14, maxBytes: 0 }, 'maxBytes'],
    ['a limit that is no number', { days: 14, maxBytes: '1 GB' }, 'maxBytes'],
    ['a field that does not exist', { days: 14, maxBytes: null, hours: 3 }, 'hours'],
  ])('refuses %s, and changes nothing', async (_, body, path) => {
    const { status, json } = await change(body)
    expect({ status, json }).toMatchObject({
      status: 422,
      json: { code: 'invalid_request', errors: [{ path }] },
    })
    expect((await read()).json).toMatchObject({ days: 14, maxBytes: null })
  })

  it('refuses what is not JSON', async () => {
    const headers = { authorization: 'Bearer key-of-the-test', 'content-type': 'application/json' }
    const response = await world.app.request('/api/v1/retention', { method: 'PUT', headers, body: '{"days"' })
    expect({ status: response.status, json: await response.json() }).toMatchObject({
      ...{ status: 400, json: { code: 'not_json' } },
    })
  })
})
