import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiKey, createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

async function post(key: string, body: unknown, path = '/connections', bearer = apiKey) {
  const response = await world.app.request(`/api/v1${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
  })
  const json = (await response.json()) as Record<string, unknown>
  return {
    status: response.status,
    json,
    isReplayed: response.headers.get('idempotency-replayed') === 'true',
  }
}
const connections = async () => (await world.store.connections.list({ limit: 100 })).length
const named = (name: string) => ({ name, setup: 'manual' })

describe('idempotency', () => {
  it('answers the same request as the first time and does its work once', async () => {
    const first = await post('key-1', named('A'))
    const second = await post('key-1', named('A'))
    expect(first).toMatchObject({ status: 201, isReplayed: false })
    expect(second).toEqual({ ...first, isReplayed: true })
    expect(await connections()).toBe(1)
  })

  it('does the work again for another key, and without one', async () => {
    await post('key-1', named('A'))
    await post('key-2', named('A'))
    await world.call('POST', '/api/v1/connections', named('A'))
    expect(await connections()).toBe(3)
  })

  it('refuses another body with a key that was used, and does nothing', async () => {
    await post('key-1', named('A'))
    expect(await post('key-1', named('B'))).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    })
    expect(await connections()).toBe(1)
  })

  it('lets two at once do the work once: the second waits for the answer of the first', async () => {
    const both = await Promise.all([post('key-1', named('A')), post('key-1', named('A'))])
    expect(both.map(({ status }) => status)).toEqual([201, 201])
    expect(both[0].json).toEqual(both[1].json)
    expect(await connections()).toBe(1)
  })

  it('lets a request that came to nothing be sent again with its key', async () => {
    expect((await post('key-1', { name: '' })).status).toBe(422)
    expect((await post('key-1', named('A'))).status).toBe(201)
    expect(await connections()).toBe(1)
  })

  it('keeps the keys of callers and routes apart', async () => {
    const made = await world.call('POST', '/api/v1/keys', { name: 'other', role: 'operator' })
    const other = (made.json as { key: string }).key
    await post('key-1', named('A'))
    expect((await post('key-1', named('A'), '/connections', other)).isReplayed).toBe(false)
    expect(await connections()).toBe(2)
    expect((await post('key-1', named('A'), '/connections/con_x/redrives')).json.code).not.toBe(
      'idempotency_key_reused',
    )
  })

  it('forgets a key after a day, and takes over a call whose process was lost', async () => {
    await post('key-1', named('A'))
    world.clock.ms += 24 * 3_600_000 + 1
    expect((await post('key-1', named('B'))).status).toBe(201)
    const call = { hash: Buffer.from('h'), bodyHash: Buffer.from('b') }
    const begin = (nowMs: number) =>
      world.store.idempotency.begin({
        ...call,
        nowMs,
        keptSinceMs: nowMs - 86_400_000,
        lostSinceMs: nowMs - 120_000,
      })
    expect(await begin(1_000_000)).toEqual({ is: 'new' })
    expect(await begin(1_100_000)).toEqual({ is: 'running' })
    expect(await begin(1_120_001)).toEqual({ is: 'new' })
  })

  it('holds no answer in the clear', async () => {
    const { json } = await post('key-1', named('A'))
    const second = world.openSecond()
    const row = await second.idempotency.begin({
      ...{ hash: Buffer.alloc(1), bodyHash: Buffer.alloc(1), nowMs: 1, keptSinceMs: 0, lostSinceMs: 0 },
    })
    expect(row).toEqual({ is: 'new' })
    const { openDb } = await import('../../db/client.ts')
    const db = openDb(world.path)
    const answers = db.sqlite
      .prepare<[], Buffer>('SELECT answer FROM idempotent_calls WHERE answer IS NOT NULL')
      .pluck()
      .all()
    db.sqlite.close()
    expect(answers).toHaveLength(1)
    expect(answers[0]?.includes(String(json.id))).toBe(false)
    expect(answers[0]?.includes(String(json.writeKey))).toBe(false)
  })

  it.each(['', ' ', 'with space', 'ü', 'x'.repeat(256)])('refuses the key %j', async (key) => {
    const response = await Promise.resolve(
      world.app.request('/api/v1/connections', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify(named('A')),
      }),
    ).catch(() => undefined)
    // What no HTTP client sends is not sent.
    if (response) expect(response.status).toBe(422)
    expect(await connections()).toBe(0)
  })

  it('removes old calls with housekeeping', async () => {
    await post('key-1', named('A'))
    let removed = 0
    for await (const n of world.store.retention.purgeCalls(world.clock.ms + 1)) removed += n
    expect(removed).toBe(1)
    expect((await post('key-1', named('A'))).isReplayed).toBe(false)
  })
})
