import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exceptions, needOf } from '../../api/access.ts'
import { openApiDocument } from '../../api/openapi-document.ts'
import { reaches, roles, type Role } from '../../core/access.ts'
import { apiKey, createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { routeNeeds } from './route-needs.ts'

const { paths } = openApiDocument() as { paths: Record<string, Record<string, unknown>> }
const routes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`),
)

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

interface Made {
  id: string
  key: string
}
const make = async (role: Role, name: string = role): Promise<Made> => {
  const { status, json } = await world.call('POST', '/api/v1/keys', { name, role })
  expect(status).toBe(201)
  return json as Made
}

const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
  world.app.request(path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

describe('roles', () => {
  it.each(routes)('hold at %s', async (route) => {
    const [method = '', path = ''] = route.split(' ')
    const at = `/api/v1${path.replaceAll(/\{\w+\}/g, 'none_such')}`
    const body = method === 'GET' ? undefined : {}
    const need = needOf(route)
    expect((await ask(method, at, {}, body)).status).toBe(401)
    for (const role of roles) {
      const { key } = await make(role)
      const response = await ask(method, at, bearer(key), body)
      if (need === 'open') expect(response.status).toBe(401)
      else if (reaches(role, need)) expect([401, 403]).not.toContain(response.status)
      else {
        expect(response.status).toBe(403)
        expect(await response.json()).toMatchObject({
          code: 'forbidden',
          detail: expect.stringContaining(need) as string,
        })
      }
      if (!response.bodyUsed) await response.body?.cancel()
    }
  })

  it('are decided for every route that the document has', () => {
    const decided = Object.entries(routeNeeds).flatMap(([need, list]) => list.map((route) => [route, need]))
    expect(Object.fromEntries(routes.map((route) => [route, needOf(route)]))).toEqual(
      Object.fromEntries(decided),
    )
  })

  it('are told in docs/access.md as the code has them', () => {
    const page = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8')
    const told = [...page.matchAll(/^\| `([A-Z]+ \/\S+)` +\| `(\w+)` +\|$/gm)].map(([, route, need]) => [
      route,
      need,
    ])
    expect(Object.fromEntries(told)).toEqual(exceptions)
  })

  it('keep keys of a connection to admins, whatever else an operator may change', async () => {
    const { key } = await make('operator')
    const patch = (body: object) => ask('PATCH', '/api/v1/connections/con_1', bearer(key), body)
    expect((await patch({ name: 'Shop' })).status).toBe(200)
    for (const body of [{ statsig: { serverKey: 'secret-1' } }, { segment: { sharedSecret: null } }]) {
      const refused = await patch(body)
      expect(refused.status).toBe(403)
      expect(await codeOf(refused)).toBe('forbidden')
    }
    const made = (body: object) => ask('POST', '/api/v1/connections', bearer(key), { name: 'New', ...body })
    expect((await made({ statsig: { serverKey: 'secret-2' } })).status).toBe(403)
    expect((await made({})).status).toBe(201)
  })
})

describe('API keys', () => {
  it('are kept as hashes and shown once', async () => {
    const { key, id } = await make('viewer', 'dashboards')
    expect(key).toMatch(/^cw_.{43,}/)
    const listed = await world.call('GET', '/api/v1/keys')
    expect(listed.json).toMatchObject({ data: [{ id, name: 'dashboards', role: 'viewer', revokedAt: null }] })
    expect(listed.text).not.toContain(key)
    expect(readFileSync(world.path).includes(key) || readFileSync(`${world.path}-wal`).includes(key)).toBe(
      false,
    )
  })

  it('are refused once they are revoked, also on another connection to the store', async () => {
    const { key, id } = await make('admin')
    expect((await ask('GET', '/api/v1/connections', bearer(key))).status).toBe(200)
    expect(await world.call('DELETE', `/api/v1/keys/${id}`)).toMatchObject({ status: 200, json: { id } })
    expect((await ask('GET', '/api/v1/connections', bearer(key))).status).toBe(401)
    expect((await world.call('DELETE', '/api/v1/keys/key_none')).status).toBe(404)
  })

  it('tell when they were last used, and write that once a minute', async () => {
    const { key } = await make('viewer')
    const used = async () => {
      await ask('GET', '/api/v1/connections', bearer(key))
      await new Promise((resolve) => setTimeout(resolve, 20))
      const [row] = await world.store.access.keys()
      return row?.lastUsedAtMs
    }
    const first = await used()
    expect(first).toBe(world.clock.ms)
    world.clock.ms += 59_000
    expect(await used()).toBe(first)
    world.clock.ms += 2_000
    expect(await used()).toBe(world.clock.ms)
  })
})

describe('sessions', () => {
  const signIn = async (key: string) => {
    const response = await ask('POST', '/api/v1/session', {}, { key })
    const cookie = response.headers.get('set-cookie') ?? ''
    return { response, cookie, headers: { cookie: cookie.split(';')[0] ?? '' } }
  }

  it('are opened by a key, in a cookie that scripts and other sites do not get', async () => {
    const { key } = await make('operator', 'Ada')
    const { response, cookie, headers } = await signIn(key)
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ name: 'Ada', role: 'operator' })
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Strict/)
    expect(cookie).not.toMatch(/Secure/)
    const read = await ask('GET', '/api/v1/session', headers)
    expect(await read.json()).toMatchObject({
      name: 'Ada',
      role: 'operator',
      expiresAt: expect.any(String) as string,
    })
    expect(readFileSync(`${world.path}-wal`).includes(headers.cookie.split('=')[1] ?? 'none')).toBe(false)
  })

  it('have a Secure cookie where the outside reaches us by https', async () => {
    const secure = createApiWorld((deps) => ({
      config: { ...deps.config, publicUrl: 'https://bridge.test' },
    }))
    const response = await secure.app.request('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: apiKey }),
    })
    expect(response.headers.get('set-cookie')).toMatch(/Secure/)
    await secure.close()
  })

  it('are refused for an unknown key, and a made-up cookie is nobody', async () => {
    expect((await signIn('cw_none')).response.status).toBe(401)
    expect((await ask('GET', '/api/v1/session', { cookie: 'causeway_session=made-up' })).status).toBe(401)
  })

  const foreign: [string, Record<string, string>, number][] = [
    ['nothing that tells who sent it', {}, 403],
    ['the page of another site', { 'sec-fetch-site': 'cross-site', origin: 'http://evil.test' }, 403],
    [
      'a page of a neighbour host, whatever origin it claims',
      { 'sec-fetch-site': 'same-site', origin: 'http://bridge.test' },
      403,
    ],
    ['another origin', { origin: 'http://evil.test' }, 403],
    ['our own page, by the browser’s word', { 'sec-fetch-site': 'same-origin' }, 200],
    ['our own origin', { origin: 'http://bridge.test' }, 200],
    [
      'the header that a foreign page cannot set',
      { 'x-causeway-csrf': '1', 'sec-fetch-site': 'same-site' },
      200,
    ],
  ]
  it.each(foreign)('with a change from %s', async (_, sign, status) => {
    const { headers } = await signIn(apiKey)
    const response = await ask(
      'PATCH',
      '/api/v1/connections/con_1',
      { ...headers, ...sign },
      { name: 'Changed' },
    )
    expect(response.status).toBe(status)
    if (status === 403) expect(await codeOf(response)).toBe('foreign_page')
  })

  it('end by signing out, by time, and with their key', async () => {
    const { key, id } = await make('viewer')
    const isOpen = async (headers: Record<string, string>) =>
      (await ask('GET', '/api/v1/session', headers)).status === 200
    const [a, b, c] = [await signIn(key), await signIn(key), await signIn(apiKey)]
    await ask('DELETE', '/api/v1/session', { ...a.headers, 'x-causeway-csrf': '1' })
    expect([await isOpen(a.headers), await isOpen(b.headers)]).toEqual([false, true])
    await world.call('DELETE', `/api/v1/keys/${id}`)
    expect([await isOpen(b.headers), await isOpen(c.headers)]).toEqual([false, true])
    world.clock.ms += 12 * 3_600_000
    expect(await isOpen(c.headers)).toBe(false)
  })
})

describe('the record of changes', () => {
  interface Audit {
    data: {
      id: string
      action: string
      target: object
      before?: object
      after?: object
      status: number
      actor: object
    }[]
    nextCursor: string | null
  }
  const record = async (query = '') => (await world.call('GET', `/api/v1/audit${query}`)).json as Audit

  it('says who changed what, with what stood before and after', async () => {
    const { key, id } = await make('operator', 'Ada')
    await ask('PATCH', '/api/v1/connections/con_1', bearer(key), { name: 'Shop', paused: true })
    const { data } = await record()
    expect(data[0]).toMatchObject({
      actor: { kind: 'key', id, name: 'Ada', role: 'operator' },
      ...{ action: 'PATCH /connections/{id}', target: { kind: 'connection', id: 'con_1' }, status: 200 },
      before: { name: 'Name of con_1', paused: false },
      after: { name: 'Shop', paused: true },
    })
    expect(data[0]?.after).not.toHaveProperty('types')
    expect(data[1]).toMatchObject({
      action: 'POST /keys',
      after: { name: 'Ada', role: 'operator', key: '[secret]' },
    })
  })

  it('holds no secret, only that one was set or removed', async () => {
    const made = await make('viewer')
    await world.call('POST', '/api/v1/connections', { name: 'N', statsig: { serverKey: 'secret-abc' } })
    await world.call('PATCH', '/api/v1/connections/con_1', {
      statsig: { consoleKey: 'console-abc' },
      segment: { sharedSecret: 'hidden-1', apiToken: null },
    })
    const { text, json } = await world.call('GET', '/api/v1/audit')
    for (const secret of ['secret-abc', 'console-abc', 'hidden-1', made.key])
      expect(text).not.toContain(secret)
    expect((json as Audit).data[0]?.after).toMatchObject({
      secrets: { 'statsig.consoleKey': 'set', 'segment.sharedSecret': 'set', 'segment.apiToken': 'removed' },
    })
  })

  it('keeps of an event that was tried how it went, and nothing of whom it was about', async () => {
    const message = { type: 'track', userId: 'ada-lovelace', event: 'Bought', anonymousId: 'anon-ada' }
    await world.call('POST', '/api/v1/connections/con_1/test', { message })
    const { text, json } = await world.call('GET', '/api/v1/audit')
    expect((json as Audit).data[0]?.after).toEqual({ lane: 'events', outcome: 'mapped', sent: null })
    expect(text).not.toContain('ada')
  })

  it('has nothing of what was refused or only asked', async () => {
    await world.call('PATCH', '/api/v1/connections/con_1', { name: '' })
    await world.call('PATCH', '/api/v1/connections/none', { name: 'x' })
    await world.call('GET', '/api/v1/connections')
    expect((await record()).data).toEqual([])
  })

  it('is read by pages, newest first, and by target', async () => {
    for (const name of ['a', 'b', 'c']) await world.call('PATCH', '/api/v1/connections/con_1', { name })
    await make('viewer')
    const first = await record('?limit=2')
    expect(first.data.map(({ action }) => action)).toEqual(['POST /keys', 'PATCH /connections/{id}'])
    const rest = await record(`?limit=10&cursor=${first.nextCursor}`)
    expect(rest.data.map(({ after }) => after)).toEqual([{ name: 'b' }, { name: 'a' }])
    expect(rest.nextCursor).toBeNull()
    expect((await record('?target=con_1')).data).toHaveLength(3)
    expect((await world.call('GET', '/api/v1/audit?cursor=nonsense')).status).toBe(422)
  })

  it('shows a change that a crash cut off as one whose end is not known', async () => {
    const target = { kind: 'connection', id: 'con_1' }
    const actor = { kind: 'key', id: 'key_1', name: 'Ada', role: 'admin' } as const
    await world.store.access.beginAudit({
      atMs: 1,
      actor,
      action: 'PATCH /connections/{id}',
      target,
      before: undefined,
    })
    expect((await record()).data[0]).toMatchObject({ status: null, action: 'PATCH /connections/{id}' })
  })

  it('goes before the change: where it cannot be kept, nothing is changed', async () => {
    const failing = createApiWorld(({ store }) => ({
      store: {
        ...store,
        access: { ...store.access, beginAudit: () => Promise.reject(new Error('disk')) },
      },
    }))
    await failing.connect('con_1')
    expect((await failing.call('PATCH', '/api/v1/connections/con_1', { name: 'x' })).status).toBe(500)
    expect((await failing.store.connections.get('con_1'))?.name).toBe('Name of con_1')
    await failing.close()
  })
})
