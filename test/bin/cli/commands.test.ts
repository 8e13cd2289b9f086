// Commands against a real API on a real port with a real store; Temporal alone is a recording.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../../bin/cli/program.ts'
import type { Store } from '../../../core/ports.ts'
import { endEntries } from '../../support/end-entries.ts'
import { apiKey } from '../../support/fake-deps.ts'
import { makeTrack } from '../../support/make-event.ts'
import { serveWorld, type ServedWorld } from './world.ts'

const escape = '\u001b'
const nasty = `Bad${escape}[31m name\u0007`
let folder = ''
let world: ServedWorld
let drain: Store
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'causeway-cli-'))))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(async () => {
  world = await serveWorld()
  drain = world.openSecond()
  await world.connect('con_a', { keys: { 'statsig.serverKey': 'secret-1' } })
})
afterEach(async () => {
  await world.close()
})

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
async function accept(...items: object[]): Promise<void> {
  const body = JSON.stringify({ batch: items.map((item) => makeTrack(item)), writeKey: 'wk-con_a' })
  expect((await world.app.request('/v1/batch', { method: 'POST', body })).status).toBe(200)
}
const ids = (n: number) => Array.from({ length: n }, (_, index) => ({ messageId: `m${index + 1}` }))
const calls = () => world.runs.calls.map(({ call, name, args }) => [call, name, ...args])

describe('causeway connections', () => {
  it('lists, shows and names the one that is meant by id or name', async () => {
    await world.connect('con_b')
    const listed = await world.cli(['connections', '--json'])
    expect(listed.json()).toMatchObject({ data: [{ id: 'con_a' }, { id: 'con_b' }] })
    expect((await world.cli(['connections', 'show', 'Name of con_b'])).out).toMatch(/^id +con_b$/m)
    const ambiguous = await world.cli(['messages'])
    expect(ambiguous.exitCode).toBe(2)
    expect(ambiguous.err).toContain('con_a (Name of con_a), con_b (Name of con_b)')
    expect((await world.cli(['messages', '-c', 'nobody'])).exitCode).toBe(1)
  })
  it('makes one with keys from a file, and none of them is shown', async () => {
    const keys = file('keys.json', '{"statsig":{"serverKey":"secret-2"}}')
    const made = await world.cli(['connections', 'create', 'Shop', '--keys', keys])
    expect(made.exitCode).toBe(0)
    expect(made.out).toMatch(/keys set +statsig\.serverKey$/m)
    expect(made.out + made.err).not.toContain('secret-2')
  })
  it('says which fields of a new one do not fit', async () => {
    const { exitCode, err } = await world.cli(['connections', 'create', 'X', '--keys', '-'], {
      stdin: '{"statsig":{"serverKey":"console-1"}}',
    })
    expect(exitCode).toBe(1)
    expect(err).toMatch(/statsig\.serverKey: .*begins? with|statsig\.serverKey: .*those begin with/)
    expect(err).not.toContain('console-1')
  })
  it('sets a key from standard input, pauses a lane and resumes all', async () => {
    const set = await world.cli(['connections', 'set-key', 'statsig.consoleKey'], { stdin: 'console-9\n' })
    expect(set.exitCode).toBe(0)
    expect(await world.store.connections.openKey('con_a', 'statsig.consoleKey')).toBe('console-9')
    await world.cli(['connections', 'pause', '--lane', 'late'])
    expect((await world.cli(['connections', 'show', '--json'])).json()).toMatchObject({
      lanes: { late: { paused: true }, events: { paused: false } },
    })
    await world.cli(['connections', 'pause'])
    expect((await world.cli(['connections', 'resume', '--json'])).json()).toMatchObject({ paused: false })
  })
  it('starts a set-up with a token that comes by standard input', async () => {
    const made = await world.cli(['connections', 'create', 'T', '--setup', 'token', '--json'])
    const { id } = made.json() as { id: string }
    const started = await world.cli(['connections', 'setup', 'start', '-c', id], { stdin: 'sgp_token\n' })
    expect(started).toMatchObject({ exitCode: 0 })
    expect(started.out).toContain('asks Segment for the sources')
    expect(await world.store.connections.openKey(id, 'segment.apiToken')).toBe('sgp_token')
    expect(calls()).toContainEqual(expect.arrayContaining(['start', 'connectSegment']))
  })
  it('removes one only after a yes', async () => {
    const asked = await world.cli(['connections', 'remove', 'con_a'], { stdin: '' })
    expect(asked.exitCode).toBe(2)
    expect(calls()).toEqual([])
    expect((await world.cli(['connections', 'remove', 'con_a', '--yes'])).out).toContain('disconnecting')
  })
})

describe('causeway test', () => {
  it('shows the trace, and ends with 0 where the message is mapped', async () => {
    const { exitCode, out } = await world.cli([
      'test',
      file('m.json', JSON.stringify(makeTrack({ event: nasty }))),
    ])
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^outcome +mapped$/m)
    expect(out).toMatch(/^userID +u1 +userId$/m)
    expect(out).not.toContain(escape)
  })
  it('ends with 1 where it is refused, and with 2 for what is no JSON', async () => {
    const refused = await world.cli(['test', '--json'], { stdin: '{"type":"track","userId":"u"}' })
    expect(refused.exitCode).toBe(1)
    expect(refused.json()).toMatchObject({ outcome: 'rejected', reason: 'no_event_name' })
    expect((await world.cli(['test'], { stdin: '{' })).exitCode).toBe(2)
  })
  it('ends with 1 where it was to be sent and was not', async () => {
    const { exitCode, out } = await world.cli(['test', '--send'], { stdin: JSON.stringify(makeTrack()) })
    expect(exitCode).toBe(1)
    expect(out).toContain('not_sent')
  })
})

describe('causeway messages', () => {
  beforeEach(async () => {
    await accept(...ids(3))
    await endEntries(drain, 'con_a', 'events', [
      { outcome: 'delivered', event: nasty },
      { outcome: 'rejected', reason: 'no_id', detail: 'No id.' },
      { outcome: 'delivered' },
    ])
  })
  it('finds by outcome, and shows names with control characters escaped', async () => {
    const all = await world.cli(['messages'])
    expect(all.out).toContain('Bad\\u001b[31m name\\u0007')
    expect(all.out).not.toContain(escape)
    const { data } = (await world.cli(['messages', '--outcome', 'rejected', '--json'])).json() as {
      data: object[]
    }
    expect(data).toMatchObject([{ messageId: 'm2', reason: 'no_id' }])
  })
  it('has colours on a terminal only, and none with NO_COLOR or --no-color', async () => {
    const screen = { columns: 120, env: { TERM: 'xterm' } }
    expect((await world.cli(['messages'], screen)).out).toContain(`${escape}[32mdelivered${escape}[39m`)
    for (const out of [
      (await world.cli(['messages'])).out,
      (await world.cli(['messages', '--no-color'], screen)).out,
      (await world.cli(['messages'], { ...screen, env: { NO_COLOR: '1' } })).out,
      (await world.cli(['messages', '--json'], screen)).out,
    ])
      expect(out).not.toContain(escape)
  })
  it('reads every page as lines of JSON, and says where a page goes on', async () => {
    expect(
      (await world.cli(['messages', '--all', '--json'])).lines().map(({ messageId }) => messageId),
    ).toEqual(['m3', 'm2', 'm1'])
    const { out } = await world.cli(['messages', '--limit', '1'])
    const [, cursor = ''] = /--cursor (\S+)/.exec(out) ?? []
    expect((await world.cli(['messages', '--limit', '1', '--cursor', cursor])).out).toContain('no_id: No id.')
  })
  it('tells the whole story of one', async () => {
    const { data } = (await world.cli(['messages', '--outcome', 'delivered', '--json'])).json() as {
      data: { id: string }[]
    }
    const { out } = await world.cli(['messages', 'show', data[0]?.id ?? ''])
    for (const part of [
      'As received',
      'As mapped',
      'Attempts',
      '"eventName": "segment::Order Completed"',
      '202',
    ])
      expect(out).toContain(part)
    const missing = await world.cli(['messages', 'show', 'msg_none'])
    expect(missing).toMatchObject({ exitCode: 1, out: '' })
    expect(missing.err).toContain('not_found')
  })
})

describe('causeway tail', () => {
  it('tells messages as they end, ends after --count, and goes on where it was', async () => {
    await accept(...ids(4))
    let isOpen = false
    const first = world.cli(['tail', '--json', '--count', '2'], { onOut: () => void (isOpen = true) })
    await expect.poll(() => world.deps.streams.size()).toBe(1)
    await endEntries(drain, 'con_a', 'events', [
      { outcome: 'delivered' },
      { outcome: 'delivered' },
      { outcome: 'delivered' },
    ])
    const lines = (await first).lines()
    expect(isOpen).toBe(true)
    expect(lines.map(({ messageId }) => messageId)).toEqual(['m1', 'm2'])
    const next = await world.cli(['tail', '--json', '--count', '1', '--after', String(lines[1]?.position)])
    expect(next.lines()).toMatchObject([{ messageId: 'm3' }])
  })
  it('comes back when the API was away, and misses nothing', async () => {
    await accept(...ids(2))
    const told = world.cli(['tail', '--json', '--count', '2'])
    await expect.poll(() => world.deps.streams.size()).toBe(1)
    await endEntries(drain, 'con_a', 'events', [{ outcome: 'delivered' }])
    await expect
      .poll(
        async () => (await world.call('GET', '/api/v1/connections/con_a/messages?outcome=delivered')).text,
      )
      .toContain('m1')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await world.stopServer()
    await endEntries(drain, 'con_a', 'events', [{ outcome: 'delivered' }])
    await world.listen()
    const { exitCode, err, lines } = await told
    expect(exitCode).toBe(0)
    expect(lines().map(({ messageId }) => messageId)).toEqual(['m1', 'm2'])
    expect(err).toMatch(/coming back/)
  })
  it('says how many it left out where too many end at once', async () => {
    await accept(...ids(600))
    const told = world.cli(['tail', '--event', 'Order Completed', '--count', '1'])
    await expect.poll(() => world.deps.streams.size()).toBe(1)
    await endEntries(
      drain,
      'con_a',
      'events',
      Array.from({ length: 600 }, () => ({ outcome: 'delivered' as const })),
    )
    expect((await told).out).toMatch(/^\d+ not shown: .*\n[\d:]+ +delivered .*\n$/)
  })
  it('ends with 0 by Ctrl-C, and by a reader that has gone', async () => {
    const stop = new AbortController()
    const told = world.cli(['tail'], { interrupted: stop.signal })
    await expect.poll(() => world.deps.streams.size()).toBe(1)
    stop.abort()
    expect((await told).exitCode).toBe(0)
    await expect.poll(() => world.deps.streams.size()).toBe(0)

    const gone = Object.assign(new PassThrough(), {
      _write: (_: unknown, __: unknown, done: (error: Error) => void) =>
        done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    })
    gone.on('error', () => undefined)
    const err = new PassThrough().resume()
    const exitCode = await runCli(['messages', '--json'], {
      ...{
        env: { CAUSEWAY_URL: world.url, CAUSEWAY_API_KEY: apiKey },
        cwd: folder,
        stdin: new PassThrough(),
      },
      ...{
        out: { stream: gone, isTty: false, columns: () => undefined },
        err: { stream: err, isTty: false, columns: () => undefined },
      },
      ...{ nowMs: Date.now, uuid: () => 'u', interrupted: new AbortController().signal },
    })
    expect(exitCode).toBe(0)
  })
})

describe('causeway replay', () => {
  const nowMs = () => world.clock.ms
  it('starts one with its window in UTC, and repeats the start with one key', async () => {
    const { exitCode, json } = await world.cli(
      [
        'replay',
        'start',
        '--from',
        '2d',
        '--to',
        '2026-01-05',
        '--type',
        'track,page',
        '--event',
        'A, B',
        '--rate',
        '5',
        '--json',
      ],
      { nowMs },
    )
    expect(exitCode).toBe(0)
    expect(json()).toMatchObject({
      ...{ source: 'store', from: '2026-01-03T12:00:00.000Z', to: '2026-01-05T00:00:00.000Z' },
      ...{ types: ['track', 'page'], events: ['A, B'], rate: 5, force: false, dryRun: false },
    })
    expect(calls()).toContainEqual(expect.arrayContaining(['start', 'replayBackfill']))
  })
  it('makes an absolute folder of a relative one, and leaves s3 alone', async () => {
    const pathOf = async (path: string) =>
      (
        (
          await world.cli(['replay', 'start', '--from', '1d', '--path', path, '--json'], {
            nowMs,
            cwd: '/srv',
          })
        ).json() as { path: string }
      ).path
    expect(await pathOf('archive')).toBe('/srv/archive')
    expect(await pathOf('s3://bucket/logs')).toBe('s3://bucket/logs')
  })
  it('asks before --force, and says what it means for metrics', async () => {
    const asked = await world.cli(['replay', 'start', '--from', '1d', '--force'], { nowMs, stdin: '' })
    expect(asked.exitCode).toBe(2)
    expect(asked.err).toContain('counts twice')
    expect(calls()).toEqual([])
    const sure = await world.cli(['replay', 'start', '--from', '1d', '--force', '--yes', '--json'], { nowMs })
    expect(sure.json()).toMatchObject({ force: true })
  })
  it('shows a plan once there is one, and one document with --json', async () => {
    const plan = {
      ...{
        total: 2,
        deliverable: 1,
        delivered: 1,
        tooOld: 0,
        outsideWindow: 0,
        notSelected: 0,
        estimateSeconds: 1,
      },
      ...{
        byDay: {},
        byType: {},
        byEvent: { [nasty]: 2 },
        filtered: {},
        skipped: {},
        rejected: {},
        notes: {},
      },
    }
    for (const json of [[], ['--json']]) {
      const planned = world.cli(['replay', 'start', '--from', '1d', '--dry-run', ...json], { nowMs })
      await expect
        .poll(async () => (await drain.jobs.list({ kind: 'replay' }, { limit: 1 }))[0]?.plan === undefined)
        .toBe(true)
      await expect
        .poll(async () => (await drain.jobs.list({ kind: 'replay' }, { limit: 9 })).length)
        .toBe(json.length + 1)
      const [job] = await drain.jobs.list({ kind: 'replay' }, { limit: 1 })
      await drain.jobs.savePlan(job?.id ?? '', plan)
      const { exitCode, out } = await planned
      expect(exitCode).toBe(0)
      if (json.length > 0) expect(JSON.parse(out)).toMatchObject({ dryRun: true, plan: { deliverable: 1 } })
      else expect(out).toContain('Bad\\u001b[31m name\\u0007')
    }
  })
  it('watches to the end through an API that goes away, and its exit code is that of the end', async () => {
    const { id } = (await world.cli(['replay', 'start', '--from', '1d', '--json'], { nowMs })).json() as {
      id: string
    }
    await drain.jobs.begin(id, world.clock.ms)
    const watched = world.cli(['replay', 'watch', id, '--json'])
    await new Promise((resolve) => setTimeout(resolve, 200))
    await world.stopServer()
    await drain.jobs.end(id, 'failed', 'archive_unreadable: gone', world.clock.ms)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await world.listen()
    const { exitCode, lines, err } = await watched
    expect(exitCode).toBe(1)
    expect(lines().map(({ status }) => status)).toEqual(['running', 'failed'])
    expect(err).toContain('does not answer; trying')
  })
  it('leaves it running at Ctrl-C, and says so', async () => {
    const { id } = (await world.cli(['replay', 'start', '--from', '1d', '--json'], { nowMs })).json() as {
      id: string
    }
    const stop = new AbortController()
    const watched = world.cli(['replay', 'watch', id], { interrupted: stop.signal, columns: 100 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    stop.abort()
    const { exitCode, err } = await watched
    expect(exitCode).toBe(130)
    expect(err).toContain(`No longer watching; replay ${id} goes on.`)
    expect(calls().filter(([call]) => call === 'update')).toEqual([])
  })
  it('pauses, resumes, cancels and changes the rate by updates; a job that is over refuses', async () => {
    const { id } = (await world.cli(['replay', 'start', '--from', '1d', '--json'], { nowMs })).json() as {
      id: string
    }
    for (const args of [
      ['pause', id],
      ['resume', id],
      ['rate', id, '50'],
      ['rate', id, 'none'],
      ['cancel', id],
    ])
      expect((await world.cli(['replay', ...args])).exitCode).toBe(0)
    expect(
      calls()
        .filter(([call]) => call === 'update')
        .map(([, ...rest]) => rest),
    ).toEqual([['pause'], ['resume'], ['rate', 50], ['rate', null], ['cancel']])
    await drain.jobs.end(id, 'completed', undefined, world.clock.ms)
    const late = await world.cli(['replay', 'pause', id])
    expect(late.exitCode).toBe(1)
    expect(late.err).toContain('job_over')
    expect((await world.cli(['replay', 'show', id])).exitCode).toBe(0)
    expect((await world.cli(['replay', 'list'])).out).toContain(id)
  })
  it('writes the report as it comes to a file, escaped to a terminal, as lines of JSON with --json', async () => {
    const { id } = (await world.cli(['replay', 'start', '--from', '1d', '--json'], { nowMs })).json() as {
      id: string
    }
    const lease = await drain.jobs.openFill(id, world.clock.ms)
    await drain.jobs.fill(
      lease,
      { checkpoint: 1, notes: [{ kind: 'cut_file', file: `a\u0007,b.gz`, count: 1 }] },
      world.clock.ms,
    )
    const out = join(folder, 'report.csv')
    expect((await world.cli(['replay', 'report', id, '--out', out])).exitCode).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('"a\u0007,b.gz"')
    expect((await world.cli(['replay', 'report', id], { columns: 80 })).out).toContain('"a\\u0007,b.gz"')
    expect((await world.cli(['replay', 'report', id, '--json'])).lines()).toEqual([
      { kind: 'note', reason: 'cut_file', file: 'a\u0007,b.gz', count: '1' },
    ])
  })
})

describe('causeway redrive and export', () => {
  it('start by the same path as a replay, with filters of their own', async () => {
    const redrive = await world.cli([
      'redrive',
      'start',
      '--outcome',
      'rejected',
      '--since',
      '2026-01-01',
      '--message-id',
      'a,b',
      '--json',
    ])
    expect(redrive.json()).toMatchObject({
      outcome: 'rejected',
      since: '2026-01-01T00:00:00.000Z',
      messageIds: ['a,b'],
    })
    const made = await world.cli(['export', 'start', '--from', '2026-01-01', '--to', '2026-01-02', '--json'])
    expect(made.json()).toMatchObject({ from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' })
    expect((await world.cli(['redrive', 'list', '--json'])).json()).toMatchObject({
      data: [{ outcome: 'rejected' }],
    })
  })
})

describe('causeway audiences', () => {
  it('loads a file as a stream, shows it, and asks for a sync', async () => {
    const members = Array.from({ length: 3_000 }, (_, n) => `u${n}`)
    const loaded = await world.cli([
      'audiences',
      'load',
      'vip',
      file('members.csv', `id\n${members.join('\n')}\n`),
    ])
    expect(loaded.out).toMatch(/^3,000 lines, 3,000 taken\.$/m)
    const more = await world.cli(['audiences', 'load', 'vip', '--format', 'ndjson', '--json'], {
      stdin: '"x1"\nnot json\n',
    })
    expect(more.json()).toMatchObject({ taken: 1, faults: [{ line: 2 }] })
    expect((await world.cli(['audiences', '--json'])).json()).toMatchObject({
      data: [{ key: 'vip', counts: { desired: 3_001 } }],
    })
    expect((await world.cli(['audiences', 'show', 'vip'])).out).toMatch(/^desired +3,001$/m)
    expect((await world.cli(['audiences', 'members', 'vip', '--id', 'x1'])).out).toContain('adding')
    expect((await world.cli(['audiences', 'reconcile', 'vip', '--json'])).json()).toMatchObject({
      requestedMode: 'reconcile',
    })
  })
  it('does not guess the format of what is piped in', async () => {
    expect((await world.cli(['audiences', 'load', 'vip'], { stdin: 'u1' })).exitCode).toBe(2)
  })
  it('says that the guard holds nothing where there is nothing to decide', async () => {
    await world.cli(['audiences', 'load', 'vip', '--format', 'csv'], { stdin: 'u1\n' })
    const { exitCode, err } = await world.cli(['audiences', 'approve', 'vip'])
    expect(exitCode).toBe(1)
    expect(err).toMatch(/\(\w+\)/)
  })
})

describe('causeway keys', () => {
  it('makes a key that works, in its role, until it is revoked', async () => {
    const { id, key } = (await world.cli(['keys', 'create', 'ci', '--role', 'viewer', '--json'])).json() as {
      id: string
      key: string
    }
    const path = file('ci.key', `${key}\n`)
    const asViewer = (args: string[]) => world.cli([...args, '--key-file', path])
    expect((await asViewer(['connections'])).exitCode).toBe(0)
    const refused = await asViewer(['connections', 'pause'])
    expect(refused.exitCode).toBe(1)
    expect(refused.err).toContain('forbidden')
    await world.cli(['keys', 'revoke', id])
    expect((await asViewer(['connections'])).err).toContain('unauthorized')
    expect((await world.cli(['keys', 'list'])).out).not.toContain(key)
  })
})
