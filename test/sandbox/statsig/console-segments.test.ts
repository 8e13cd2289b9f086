import { describe, expect, it } from 'vitest'
import { createSandbox } from '../../../sandbox/app.ts'

const startedAtMs = 1_700_000_000_000

function open(withLimits = true) {
  const clock = { ms: startedAtMs }
  const { app } = createSandbox({ nowMs: () => clock.ms, withLimits })
  const call = async (method: string, path: string, body?: unknown, key = 'console-a') => {
    const headers = { 'statsig-api-key': key, 'content-type': 'application/json' }
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await app.request(`/console/v1/segments${path}`, { method, headers, ...init })
    return {
      status: answer.status,
      headers: answer.headers,
      json: (await answer.json()) as Record<string, unknown>,
    }
  }
  const makeList = (id: string, idType = 'userID') =>
    call('POST', '', { name: id, id, type: 'id_list', idType })
  const idsOf = async (id: string) => (await app.request(`/_sandbox/statsig/id_lists/${id}`)).json()
  return { app, clock, call, makeList, idsOf }
}

describe('consoleSegments', () => {
  it('makes a list, adds and removes ids, and shows them', async () => {
    const { call, makeList, idsOf } = open()
    expect((await makeList('vip')).status).toBe(201)
    await call('PATCH', '/vip/id_list', { ids: ['a', 'b', 'a'] })
    await call('DELETE', '/vip/id_list', { ids: ['b', 'never-there'] })
    expect(await idsOf('vip')).toEqual({ ids: ['a'] })
    expect((await call('GET', '/vip')).json).toMatchObject({
      data: { id: 'vip', type: 'id_list', idType: 'userID', count: 1 },
    })
  })

  it('reads a list in pages and says whether there is another', async () => {
    const { call, makeList } = open()
    await makeList('vip')
    await call('PATCH', '/vip/id_list', { ids: ['a', 'b', 'c'] })
    expect((await call('GET', '/vip/id_list?limit=2&page=1')).json).toMatchObject({
      data: { count: 3, ids: ['a', 'b'] },
      pagination: { totalItems: 3, nextPage: expect.stringContaining('page=2') as string },
    })
    expect((await call('GET', '/vip/id_list?limit=2&page=2')).json).toMatchObject({
      data: { ids: ['c'] },
      pagination: { nextPage: null },
    })
  })

  it('refuses as the Console API does', async () => {
    const { call, makeList } = open()
    expect((await call('GET', '/none')).status).toBe(404)
    expect((await call('GET', '/none', undefined, 'secret-a')).status).toBe(401)
    expect((await call('GET', '/none', undefined, 'console-revoked')).status).toBe(401)
    expect((await makeList('with', 'noSuchType')).json).toMatchObject({
      status: 400,
      message: expect.stringContaining('noSuchType') as string,
    })
    await makeList('vip')
    expect((await makeList('vip')).status).toBe(400)
    await call('POST', '', { name: 'rules', type: 'rule_based' })
    expect((await call('PATCH', '/rules/id_list', { ids: ['a'] })).status).toBe(400)
    const many = Array.from({ length: 100_001 }, (_, index) => `u${index}`)
    expect((await call('PATCH', '/vip/id_list', { ids: many })).status).toBe(400)
  })

  it('answers 429 to the thirteenth change in ten seconds, with the time to wait', async () => {
    const { call, makeList, clock } = open()
    await makeList('vip')
    const change = () => call('PATCH', '/vip/id_list', { ids: ['a'] })
    for (let index = 0; index < 12; index += 1) expect((await change()).status).toBe(200)
    clock.ms += 4_000
    const refused = await change()
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('6')
    clock.ms += 6_000
    expect((await change()).status).toBe(200)
  })

  it('answers 429 to the 901st change in fifteen minutes', async () => {
    const { call, makeList, clock } = open()
    await makeList('vip')
    for (let index = 0; index < 900; index += 1) {
      expect((await call('DELETE', '/vip/id_list', { ids: ['a'] })).status).toBe(200)
      clock.ms += 900
    }
    expect((await call('DELETE', '/vip/id_list', { ids: ['a'] })).status).toBe(429)
  })

  it('meets the faults of statsig.console', async () => {
    const { app, call } = open()
    const fault = { target: 'statsig.console', status: 503, retryAfterSeconds: 3, times: 1 }
    await app.request('/_sandbox/faults', { method: 'POST', body: JSON.stringify(fault) })
    expect((await call('GET', '/vip')).status).toBe(503)
    expect((await call('GET', '/vip')).status).toBe(404)
  })
})

describe('idListFile', () => {
  it('serves what was appended since the byte that is asked for', async () => {
    const { app, call, makeList } = open()
    await makeList('vip')
    await call('PATCH', '/vip/id_list', { ids: ['user-in'] })
    await call('DELETE', '/vip/id_list', { ids: ['user-in'] })
    const whole = await app.request('/v1/id_list_files/vip')
    expect(await whole.text()).toBe('+7gSDFRPj\n-7gSDFRPj\n')
    const rest = await app.request('/v1/id_list_files/vip', { headers: { range: 'bytes=10-' } })
    expect(rest.status).toBe(206)
    expect(rest.headers.get('content-length')).toBe('10')
    expect(await rest.text()).toBe('-7gSDFRPj\n')
  })
})
