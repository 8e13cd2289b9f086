import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BridgeError } from '../../core/errors.ts'
import type { JobKind } from '../../core/jobs.ts'
import { apiKey, createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { endEntries } from '../support/end-entries.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-05T00:00:00Z' }
const requests: Record<JobKind, { plural: string; body: object; workflow: string }> = {
  replay: { plural: 'replays', body: { source: 'store', ...window }, workflow: 'replayBackfill' },
  export: { plural: 'exports', body: window, workflow: 'exportOutbound' },
  redrive: { plural: 'redrives', body: { outcome: 'rejected' }, workflow: 'redriveMessages' },
}
const kinds = Object.entries(requests) as [JobKind, (typeof requests)[JobKind]][]

interface Made {
  id: string
  lane: string
}
async function make(kind: JobKind, body: object = {}): Promise<Made> {
  const { plural, body: asked } = requests[kind]
  const answer = await world.call('POST', `/api/v1/connections/con_1/${plural}`, { ...asked, ...body })
  expect(answer.status).toBe(201)
  return answer.json as Made
}

/** What a workflow's update does, done at once. */
function steerInStore(): void {
  world.runs.answerUpdate = async (update, [rate]) => {
    const [id] = world.runs.calls.at(-1)?.workflowId.split(':').slice(1) ?? []
    const change = update === 'rate' ? { rate: rate as number | null } : (update as 'pause')
    await world.store.jobs.steer(id ?? '', change, nowMs)
  }
}

describe.each(kinds)('jobs over REST: %s', (kind, { plural, workflow }) => {
  it('is made, started by its id alone, read and listed newest first', async () => {
    const first = await make(kind)
    const second = await make(kind)
    expect(first).toMatchObject({ status: 'planned', rate: null, etaSeconds: 0, ratePerSecond: 0, notes: [] })
    expect(first.lane).toBe(`${kind}:${first.id}`)
    expect(world.runs.calls[0]).toEqual({
      ...{ call: 'start', workflowId: first.lane, name: workflow },
      args: [{ jobId: first.id, connectionId: 'con_1', kind }],
    })
    expect((await world.call('GET', `/api/v1/${plural}/${first.id}`)).json).toEqual(first)
    const page = await world.call('GET', `/api/v1/${plural}?limit=1`)
    expect(page.json).toEqual({ data: [second], nextCursor: second.id })
    const rest = await world.call('GET', `/api/v1/${plural}?limit=1&cursor=${second.id}&connectionId=con_1`)
    expect(rest.json).toEqual({ data: [first], nextCursor: null })
    const others = await world.call('GET', `/api/v1/${plural}?connectionId=con_2`)
    expect(others.json).toEqual({ data: [], nextCursor: null })
  })

  it('is there although Temporal is down, and a steering that nobody takes is 503', async () => {
    world.runs.start = () => Promise.reject(new BridgeError('temporal_unavailable', 'down'))
    const { id } = await make(kind)
    world.runs.answerUpdate = () => Promise.reject(new BridgeError('temporal_unavailable', 'down'))
    const answer = await world.call('POST', `/api/v1/${plural}/${id}/pause`)
    expect(answer).toMatchObject({ status: 503, json: { code: 'temporal_unavailable' } })
  })

  it('is paused, resumed, slowed and cancelled by updates of its workflow, and then by nothing', async () => {
    steerInStore()
    const { id, lane } = await make(kind, { rate: 500 })
    const steer = async (how: string) => (await world.call('POST', `/api/v1/${plural}/${id}/${how}`)).json
    expect(await steer('pause')).toMatchObject({ status: 'paused', rate: 500 })
    expect(await steer('resume')).toMatchObject({ status: 'planned' })
    const slowed = await world.call('PATCH', `/api/v1/${plural}/${id}`, { rate: 7 })
    expect(slowed.json).toMatchObject({ rate: 7 })
    const free = await world.call('PATCH', `/api/v1/${plural}/${id}`, { rate: null })
    expect(free.json).toMatchObject({ rate: null })
    expect(await steer('cancel')).toMatchObject({ status: 'cancelled' })
    expect(world.runs.calls.slice(1).map(({ workflowId, name }) => [workflowId, name])).toEqual(
      ['pause', 'resume', 'rate', 'rate', 'cancel'].map((name) => [lane, name]),
    )
    expect(await steer('cancel')).toMatchObject({ status: 'cancelled' })
    const late = await world.call('POST', `/api/v1/${plural}/${id}/pause`)
    expect(late).toMatchObject({ status: 409, json: { code: 'job_over' } })
    const lateRate = await world.call('PATCH', `/api/v1/${plural}/${id}`, { rate: 1 })
    expect(lateRate).toMatchObject({ status: 409, json: { code: 'job_over' } })
  })

  it('has its workflow started again where Temporal lost it', async () => {
    const { id, lane } = await make(kind)
    let asked = 0
    world.runs.answerUpdate = () => {
      asked += 1
      if (asked === 1) throw new BridgeError('not_found', lane)
    }
    expect((await world.call('POST', `/api/v1/${plural}/${id}/pause`)).status).toBe(200)
    expect(world.runs.calls.map(({ call }) => call)).toEqual(['start', 'update', 'start', 'update'])
  })

  it.each([{ rate: 0 }, { rate: 1.5 }, { rate: 'fast' }, {}, { rate: 1, more: true }])(
    'refuses the rate %j',
    async (body) => {
      const { id } = await make(kind)
      const answer = await world.call('PATCH', `/api/v1/${plural}/${id}`, body)
      expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } })
    },
  )

  it('has a report, even an empty one', async () => {
    const { id } = await make(kind)
    const answer = await world.app.request(`/api/v1/${plural}/${id}/report.csv`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    expect(answer.headers.get('content-disposition')).toContain(`${id}.csv`)
    expect(await answer.text()).toBe(
      'kind,position,outcome,reason,path,detail,messageId,type,event,userId,file,line,count\r\n',
    )
  })

  it('is not found under another name, nor is its connection', async () => {
    const { id } = await make(kind)
    const other = kind === 'replay' ? 'exports' : 'replays'
    for (const [method, path] of [
      ['GET', `/${other}/${id}`],
      ['POST', `/${other}/${id}/pause`],
      ['GET', `/${other}/${id}/report.csv`],
      ['GET', `/${plural}/none`],
    ] as const)
      expect(await world.call(method, `/api/v1${path}`)).toMatchObject({ status: 404 })
    const nowhere = await world.call('POST', `/api/v1/connections/con_2/${plural}`, requests[kind].body)
    expect(nowhere).toMatchObject({ status: 404, json: { code: 'not_found' } })
    const strange = await world.call('GET', `/api/v1/${plural}?cursor=none`)
    expect(strange).toMatchObject({ status: 422 })
  })
})

describe('registerReplays', () => {
  it.each([
    ['an archive without a path', { source: 'archive' }],
    ['a path for the store', { path: '/tmp' }],
    ['an end before its beginning', { from: window.to, to: window.from }],
    ['a time without a zone', { from: '2026-01-01T00:00:00' }],
    ['a type that there is not', { types: ['trak'] }],
    ['no events at all', { events: [] }],
    ['an unknown field', { fast: true }],
  ])('refuses %s', async (_, body) => {
    const asked = { ...requests.replay.body, ...body }
    const answer = await world.call('POST', '/api/v1/connections/con_1/replays', asked)
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } })
    expect(world.runs.calls).toEqual([])
  })

  it('refuses a path that may not be read, before anything is made', async () => {
    world.deps.archives.resolve = () => Promise.reject(new BridgeError('path_not_allowed', '/etc'))
    const asked = { ...requests.replay.body, source: 'archive', path: '/etc' }
    const answer = await world.call('POST', '/api/v1/connections/con_1/replays', asked)
    expect(answer).toMatchObject({ status: 422, json: { code: 'path_not_allowed' } })
    expect((await world.call('GET', '/api/v1/replays')).json).toMatchObject({ data: [] })
  })

  it('keeps what was asked for, and the path as it was resolved', async () => {
    world.deps.archives.resolve = async () => '/data/archive'
    const asked = { source: 'archive', path: '/data/../data/archive', events: ['A'], types: ['track'] }
    const made = await make('replay', { ...asked, force: true, dryRun: true })
    expect(made).toMatchObject({ ...asked, path: '/data/archive', force: true, dryRun: true })
    expect(made).toMatchObject({ from: '2026-01-01T00:00:00.000Z', to: '2026-01-05T00:00:00.000Z' })
  })
})

describe('reportCsv', () => {
  it('has a row for each oddity, for what was left out, and for each message that was not delivered', async () => {
    const { id } = await make('replay')
    const { jobs } = world.store
    const lease = await jobs.openFill(id, nowMs)
    await jobs.begin(id, nowMs)
    await jobs.fill(
      lease,
      {
        checkpoint: {},
        bodies: [
          {
            receivedAtMs: nowMs,
            source: 'archive',
            call: 'batch',
            count: 2,
            body: Buffer.from('{"batch":[{},"=1"]}'),
          },
        ],
        ...{ outsideWindow: 3, notSelected: 4 },
        notes: [{ kind: 'cut', file: 'a,b.gz', count: 1, detail: 'after "5" bytes' }],
      },
      nowMs,
    )
    const { lane } = (await jobs.get(id)) ?? { lane: 'events' as const }
    await endEntries(world.store, 'con_1', lane, [
      { outcome: 'delivered' },
      { outcome: 'rejected', reason: 'not_json', event: '=HYPERLINK("x")', messageId: 'm-2' },
    ])
    const answer = await world.app.request(`/api/v1/replays/${id}/report.csv`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    const rows = (await answer.text()).split('\r\n').slice(1)
    expect(rows).toEqual([
      'note,,,cut,,"after ""5"" bytes",,,,,"a,b.gz",,1',
      'count,,,outside_window,,,,,,,,,3',
      'count,,,not_selected,,,,,,,,,4',
      `message,2,rejected,not_json,,,m-2,track,"'=HYPERLINK(""x"")",u1,,,1`,
      '',
    ])
  })
})
