import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listGone } from '../../activities/sync-send.ts'
import { sizeWarnings } from '../../core/audiences/limits.ts'
import type { HeldRemovals, Store } from '../../core/ports.ts'
import { membership } from '../support/audiences.ts'
import { apiKey, createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
const at = '/api/v1/connections/con_1/audiences'

beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1', { keys: { 'statsig.consoleKey': 'console-a' } })
})
afterEach(() => world.close())

const fold = (ids: string[], isMember = true, atMs = nowMs - 1_000) =>
  world.store.audiences.fold(
    'con_1',
    ids.map((id) => membership(id, isMember, atMs)),
    nowMs,
  )
async function mark(store: Store, ids: string[]): Promise<void> {
  const audience = await store.audiences.get('con_1', 'vip')
  if (audience) await store.audiences.markSent(audience, 'add', ids, nowMs)
}
async function load(
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
  query = '',
  headers: Record<string, string> = {},
) {
  const answer = await world.app.request(`${at}/vip/members${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': type, ...headers },
    body,
  })
  return { status: answer.status, json: await answer.json() }
}
async function loadStream(body: ReadableStream, query = '') {
  const request = new Request(`http://bridge.test${at}/vip/members${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'text/csv', 'idempotency-key': 'load-1' },
    body,
    duplex: 'half',
  })
  const answer = await world.app.request(request)
  return { status: answer.status, json: await answer.json() }
}
const desired = async () => {
  const { json } = await world.call('GET', `${at}/vip/members?limit=500`)
  const { data } = json as { data: { id: string; desired: boolean }[] }
  return data.filter((member) => member.desired).map(({ id }) => id)
}
const calls = () => world.runs.calls.map(({ call, name, workflowId }) => `${call} ${name} ${workflowId}`)

describe('registerAudiences', () => {
  it('lists audiences with their counts, and reads one', async () => {
    await fold(['a', 'b', 'c'])
    await mark(world.store, ['a'])
    await fold(['a'], false, nowMs)
    const { json } = await world.call('GET', at)
    expect(json).toMatchObject({
      data: [
        {
          ...{ key: 'vip', unit: 'userId', unitIdType: 'userID', createList: true, removals: 'mirror' },
          counts: { desired: 2, applied: 1, adding: 2, removing: 1, failed: 0, setAside: 0 },
          ...{ guard: { state: 'clear' }, lastRun: null, workflowId: 'audience:con_1:vip' },
        },
      ],
      nextCursor: null,
    })
    expect((await world.call('GET', `${at}/vip`)).json).toMatchObject({ key: 'vip', state: 'idle' })
    expect((await world.call('GET', `${at}/none`)).status).toBe(404)
    expect((await world.call('GET', '/api/v1/connections/none/audiences')).status).toBe(404)
  })

  it('changes an audience, and settles one before its first message', async () => {
    const { status, json } = await world.call('PATCH', `${at}/new`, {
      ...{ unit: 'segmentAnonymousId', createList: false, removals: 'never' },
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      ...{
        unit: 'segmentAnonymousId',
        unitIdType: 'segmentAnonymousId',
        createList: false,
        removals: 'never',
      },
    })
    expect((await world.call('PATCH', `${at}/new`, { unit: 'companyID' })).json).toMatchObject({
      code: 'audience_unit_unknown',
    })
    expect((await world.call('PATCH', `${at}/new`, { removals: 'sometimes' })).status).toBe(422)
    expect((await world.call('PATCH', `${at}/new`, { unitIdType: 'companyID' })).json).toMatchObject({
      unitIdType: 'companyID',
    })
  })

  it('asks for a sync in a mode and begins it at once', async () => {
    await fold(['a'])
    expect((await world.call('POST', `${at}/vip/sync`, { mode: 'reconcile' })).json).toMatchObject({
      requestedMode: 'reconcile',
    })
    expect(calls()).toEqual(['signalWithStart now audience:con_1:vip'])
    expect((await world.call('POST', `${at}/vip/sync`, { mode: 'all' })).status).toBe(422)
  })

  it('shows what the guard holds, and hands the decision to the run', async () => {
    await fold(['a'])
    const audience = await world.store.audiences.get('con_1', 'vip')
    if (!audience) throw new Error('no audience')
    const held: HeldRemovals = {
      planned: 30,
      limit: 20,
      rule: 'too_many',
      message: 'many',
      sinceMs: nowMs,
      sample: ['a'],
    }
    await world.store.audiences.record(audience, { guard: held }, nowMs)
    expect((await world.call('GET', `${at}/vip`)).json).toMatchObject({
      guard: { state: 'waiting', planned: 30, sample: ['a'] },
    })
    world.runs.answerUpdate = () => 30
    expect((await world.call('POST', `${at}/vip/approve`)).json).toMatchObject({ removals: 30 })
    expect(calls().at(-1)).toBe('update approve audience:con_1:vip')
    await world.store.audiences.record(audience, { guard: null }, nowMs)
    expect((await world.call('POST', `${at}/vip/reject`)).json).toMatchObject({ code: 'nothing_held' })
  })

  it('shows the warnings of an audience with the time at which each became known', async () => {
    await fold(['a'])
    const found = await world.store.audiences.get('con_1', 'vip')
    if (!found) throw new Error('no audience')
    const warnings = sizeWarnings({ listIds: 1_001, projectIds: 8_000_000 }, nowMs)
    const codes = warnings.map(({ code }) => code)
    await world.store.audiences.record(found, { warnings: { codes, warnings } }, nowMs)
    await world.store.audiences.fold(
      'con_1',
      [membership('a', true, nowMs, { computationId: 'aud_2' })],
      nowMs,
    )
    const { json } = await world.call('GET', `${at}/vip`)
    const shown = (json as { warnings: { code: string; at: string }[] }).warnings
    expect(shown.map(({ code }) => code)).toEqual([
      ...['over_1000_ids', 'project_cap_near', 'computation_changed'],
    ])
    expect(shown.map((warning) => warning.at)).toEqual(Array(3).fill(new Date(nowMs).toISOString()))
  })

  it('explains why a list waits, and offers the full push that makes a deleted one anew', async () => {
    await fold(['a'])
    const found = await world.store.audiences.get('con_1', 'vip')
    if (!found) throw new Error('no audience')
    await world.store.audiences.record(found, { state: 'needs_attention', reason: listGone('vip') }, nowMs)
    expect((await world.call('GET', `${at}/vip`)).json).toMatchObject({
      ...{ state: 'needs_attention', reason: expect.stringMatching(/deleted.*mode "full"/) as string },
    })
    expect((await world.call('POST', `${at}/vip/sync`, { mode: 'full' })).json).toMatchObject({
      requestedMode: 'full',
    })
  })

  it('tells how large an audience was', async () => {
    await fold(['a', 'b'])
    const found = await world.store.audiences.get('con_1', 'vip')
    if (!found) throw new Error('no audience')
    const day = 86_400_000
    for (const ago of [8 * day, day]) {
      await world.store.audiences.record(found, { state: 'idle' }, nowMs - ago)
      await mark(world.store, ['a'])
    }
    const history = async (query = '') => (await world.call('GET', `${at}/vip/history${query}`)).json
    const hour = (ago: number) => new Date(Math.floor((nowMs - ago) / 3_600_000) * 3_600_000).toISOString()
    expect(await history()).toEqual({ data: [{ at: hour(day), desired: 2, applied: 1 }] })
    expect(await history(`?since=${hour(9 * day)}`)).toEqual({
      data: [
        { at: hour(8 * day), desired: 2, applied: 0 },
        { at: hour(day), desired: 2, applied: 1 },
      ],
    })
    expect((await world.call('GET', `${at}/vip/history?since=monday`)).status).toBe(422)
    expect((await world.call('GET', `${at}/none/history`)).status).toBe(404)
  })

  it('wakes syncs that waited when the console key is set', async () => {
    await fold(['a'])
    const audience = await world.store.audiences.get('con_1', 'vip')
    if (audience) await world.store.audiences.record(audience, { state: 'needs_attention' }, nowMs)
    await world.call('PATCH', '/api/v1/connections/con_1', { statsig: { consoleKey: 'console-new' } })
    await expect.poll(calls).toContain('signalWithStart now audience:con_1:vip')
  })
})

describe('registerAudienceMembers', () => {
  it('lists members by state and id, in pages', async () => {
    await fold(['a', 'b', 'c', 'd'])
    await mark(world.store, ['a', 'b'])
    await fold(['b'], false, nowMs)
    const states = async (query: string) => {
      const { json } = await world.call('GET', `${at}/vip/members${query}`)
      return (json as { data: { id: string; state: string }[] }).data.map(({ id, state }) => `${id} ${state}`)
    }
    expect(await states('')).toEqual(['a in', 'b removing', 'c adding', 'd adding'])
    expect(await states('?state=adding')).toEqual(['c adding', 'd adding'])
    expect(await states('?id=b')).toEqual(['b removing'])
    expect(await states('?id=nobody')).toEqual([])
    const { json } = await world.call('GET', `${at}/vip/members?limit=3`)
    const { nextCursor } = json as { nextCursor: string }
    expect(await states(`?limit=3&cursor=${nextCursor}`)).toEqual(['d adding'])
  })

  it('shows what was set aside', async () => {
    await fold(['a', 'bad\nid'])
    expect((await world.call('GET', `${at}/vip/members?state=set_aside`)).json).toMatchObject({
      data: [{ id: 'bad\nid', state: 'set_aside', error: 'id_line_break' }],
    })
  })

  it('loads NDJSON and CSV, and says what became of the lines', async () => {
    const ndjson = '"a"\n{"id":" b "}\n{"id":"c","member":false}\n\nnot json\n{"id":7}\n{"member":true}'
    expect(await load('application/x-ndjson', ndjson)).toMatchObject({
      status: 200,
      json: {
        received: 6,
        taken: 4,
        setAside: 2,
        faults: [
          { line: 5, code: 'not_json' },
          { line: 7, code: 'no_id' },
        ],
      },
    })
    expect(await desired()).toEqual(['7', 'a', 'b'])
    world.clock.ms += 1
    const csv = 'member,id\r\nfalse,a\r\n1,"d, ""e"""\r\n'
    expect(await load('text/csv; charset=utf-8', csv)).toMatchObject({ status: 200, json: { taken: 2 } })
    expect(await desired()).toEqual(['7', 'b', 'd, "e"'])
    expect(calls()).toContain('signalWithStart changed audience:con_1:vip')
  })

  it('replaces the members by those of a load, and keeps whom a newer message named', async () => {
    await fold(['old', 'kept'])
    await fold(['newer'], true, nowMs + 5_000)
    const body = new Uint8Array(gzipSync('kept\nadded\n'))
    const answer = await load('text/csv', body, '?replace=true', { 'content-encoding': 'gzip' })
    expect(answer.json).toMatchObject({ taken: 2, expelled: 1 })
    expect(await desired()).toEqual(['added', 'kept', 'newer'])
  })

  it('replaces nobody by a load that says nothing or that cannot be read whole', async () => {
    await fold(['a', 'b', 'c'])
    expect((await load('text/csv', 'id\n', '?replace=true')).json).toMatchObject({
      ...{ replaced: false, expelled: 0 },
    })
    const broken = await load('application/x-ndjson', '"a"\n{"id":', '?replace=true')
    expect(broken.json).toMatchObject({
      ...{ taken: 1, setAside: 1, replaced: false, expelled: 0, faults: [{ line: 2, code: 'not_json' }] },
    })
    expect(await desired()).toEqual(['a', 'b', 'c'])
    expect((await load('text/csv', 'a\n', '?replace=true')).json).toMatchObject({
      ...{ replaced: true, expelled: 2 },
    })
    expect(await desired()).toEqual(['a'])
  })

  it('keeps the lines before a cut, expels nobody, and is sent again with the same end', async () => {
    await fold(['old'])
    const cut = new Uint8Array(gzipSync('id\nx\ny\nz\n')).slice(0, -4)
    const gzip = { 'content-encoding': 'gzip' }
    expect((await load('text/csv', cut, '?replace=true', gzip)).json).toMatchObject({ code: 'not_json' })
    let line = 0
    const breaking = new ReadableStream({
      pull(controller) {
        line += 1
        if (line > 12_000) controller.error(new Error('the connection was cut'))
        else controller.enqueue(Buffer.from(`u${line}\n`))
      },
    })
    expect(await loadStream(breaking, '?replace=true')).toMatchObject({
      status: 400,
      json: { code: 'not_json' },
    })
    const { json } = await world.call('GET', `${at}/vip`)
    expect((json as { counts: { desired: number } }).counts.desired).toBeGreaterThan(10_000)
    expect((await world.call('GET', `${at}/vip/members?id=old`)).json).toMatchObject({
      data: [{ desired: true }],
    })
    // The sync is told although the load failed.
    expect(calls()).toContain('signalWithStart changed audience:con_1:vip')
    world.clock.ms += 1
    expect((await load('text/csv', 'id\nx\ny\nz\n', '?replace=true')).json).toMatchObject({ replaced: true })
    expect((await world.call('GET', `${at}/vip`)).json).toMatchObject({ counts: { desired: 3 } })
  })

  it('takes a byte order mark and line ends of Windows, and sets aside what is not UTF-8', async () => {
    expect((await load('text/csv', '\uFEFFid,member\r\na,true\r\n"b",1\r\n')).json).toMatchObject({
      ...{ taken: 2, setAside: 0 },
    })
    expect((await load('application/x-ndjson', '\uFEFF"c"\r\n{"id":"d"}\r\n')).json).toMatchObject({
      ...{ taken: 2, setAside: 0 },
    })
    const latin = new Uint8Array(Buffer.from('id\nM\xfcller\n', 'latin1'))
    expect((await load('text/csv', latin)).json).toMatchObject({ faults: [{ line: 2, code: 'not_utf8' }] })
    expect(await desired()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('holds a few thousand lines of a body that does not end, and says at which line an id is no good', async () => {
    let made = 0
    let ahead = 0
    const endless = new ReadableStream({
      async pull(controller) {
        const lines = Array.from({ length: 1_000 }, () => `u${String((made += 1)).padStart(6, '0')}`)
        if (made === 1_000) lines[3] = 'x'.repeat(1_001)
        controller.enqueue(Buffer.from(`${lines.join('\n')}\n`))
        const { json } = await world.call('GET', `${at}/vip`)
        const { desired: folded = 0 } = (json as { counts?: { desired: number } }).counts ?? {}
        ahead = Math.max(ahead, made - folded)
        if (made === 60_000) controller.close()
      },
    })
    expect(await loadStream(endless)).toMatchObject({
      status: 200,
      json: { received: 60_000, taken: 59_999, faults: [{ line: 4, code: 'id_too_long' }] },
    })
    expect(ahead).toBeLessThan(25_000)
  })

  it('loads 20,000 lines', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `u${index}`).join('\n')
    expect((await load('text/csv', lines)).json).toMatchObject({ received: 20_000, taken: 20_000 })
    expect((await world.call('GET', `${at}/vip`)).json).toMatchObject({ counts: { desired: 20_000 } })
  })

  it('refuses another content type, and a line without end', async () => {
    expect((await load('application/json', '["a"]')).status).toBe(400)
    expect((await load('text/csv', 'x'.repeat(70_000))).json).toMatchObject({ code: 'not_json' })
  })
})

describe('registerAudienceHandshake', () => {
  const guide = async () => {
    const { json } = await world.call('GET', '/api/v1/connections/con_1/audience-guide')
    return json as {
      webhookAudiences: { createAudienceUrl: string; getAudienceUrl: string }
      proof: { seen: boolean }
    }
  }
  const post = async (url: string, body: unknown) => {
    const answer = await world.app.request(url.replace('http://bridge.test', ''), {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return { status: answer.status, json: await answer.json() }
  }

  it('makes the audience under its name and finds it again', async () => {
    const { createAudienceUrl, getAudienceUrl } = (await guide()).webhookAudiences
    expect(await post(createAudienceUrl, { audienceName: 'VIP Customers (EU)', extra: 1 })).toEqual({
      ...{ status: 200, json: { externalId: 'vip_customers_eu' } },
    })
    expect(await post(getAudienceUrl, { externalId: 'vip_customers_eu' })).toMatchObject({
      json: { externalId: 'vip_customers_eu' },
    })
    expect((await post(getAudienceUrl, { externalId: 'none' })).status).toBe(404)
    expect(calls()).toEqual(['signalWithStart now audience:con_1:vip_customers_eu'])
  })

  it.each([{}, { audienceName: 7 }, { audienceName: '  ' }, { audienceName: '??' }])(
    'refuses %j',
    async (body) => {
      expect((await post((await guide()).webhookAudiences.createAudienceUrl, body)).status).toBe(422)
    },
  )

  it('lets nobody in without the secret of this connection', async () => {
    await world.connect('con_2')
    const { createAudienceUrl } = (await guide()).webhookAudiences
    const body = { audienceName: 'vip' }
    expect((await post(createAudienceUrl.replace(/secret=.*/, ''), body)).status).toBe(401)
    expect((await post(createAudienceUrl.replace('con_1', 'con_2'), body)).status).toBe(401)
    expect((await post(createAudienceUrl.replace('con_1', 'none'), body)).status).toBe(401)
    expect(await world.store.audiences.list('con_1', { limit: 10 })).toEqual([])
  })

  it('is proved by the first audience message', async () => {
    expect((await guide()).proof).toMatchObject({ seen: false })
    await fold(['a'])
    expect((await guide()).proof).toEqual({ seen: true, audiences: ['vip'] })
  })
})
