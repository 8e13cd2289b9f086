import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { checkConnection } from '../../../bin/cli/doctor/connections.ts'
import type { Check } from '../../../bin/cli/doctor/check.ts'
import { checkNode } from '../../../bin/cli/doctor/machine.ts'
import { checkClock } from '../../../bin/cli/doctor/server.ts'
import type { Connection } from '../../../bin/cli/connection.ts'
import { run, serveWorld, type Run, type ServedWorld } from './world.ts'

const checksOf = (ran: Run) => (ran.json() as { ok: boolean; checks: Check[] }).checks
const failed = (ran: Run) =>
  checksOf(ran)
    .filter(({ status }) => status === 'fail')
    .map(({ name }) => name)

describe('checkClock', () => {
  const date = 'Mon, 05 Jan 2026 12:00:00 GMT'
  const atMs = Date.parse(date)
  it.each([
    [0, 'ok'],
    [-4_000, 'ok'],
    [30_000, 'warn'],
    [-90_000, 'fail'],
  ] as const)('judges a clock that is %d ms from ours as %s', (offMs, status) => {
    expect(checkClock(date, atMs + offMs, atMs + offMs).status).toBe(status)
  })
  it('says which of both is ahead, and what to do', () => {
    expect(checkClock(date, atMs + 600_000, atMs + 600_000)).toMatchObject({
      says: expect.stringContaining('behind ours') as string,
      todo: expect.stringContaining('NTP') as string,
    })
  })
  it('cannot look where no date comes', () => {
    expect(checkClock(null, 0, 0).status).toBe('skip')
  })
})

describe('checkNode', () => {
  it('wants the floor of package.json', () => {
    expect([checkNode('v20.18.3').status, checkNode('v20.19.0').status, checkNode('v24.1.0').status]).toEqual(
      ['fail', 'ok', 'ok'],
    )
  })
})

describe('checkConnection', () => {
  const lane = {
    state: 'asleep',
    paused: false,
    pending: 0,
    lagMs: 0,
    workflowId: 'w',
    temporalUrl: 't',
  } as const
  const make = (change: Partial<Connection>): Connection =>
    ({
      ...{
        id: 'con_1',
        name: 'Shop',
        status: 'active',
        paused: false,
        setup: 'manual',
        lanes: { events: lane },
      },
      ...{ statsig: { serverKey: true }, segment: {} },
      ...change,
    }) as Connection
  it('is one good line where all is well', () => {
    expect(checkConnection(make({}), [])).toMatchObject([{ name: 'con_1', status: 'ok' }])
  })
  it('fails for a lane that needs attention and for an outage, with what to do', () => {
    const held = { ...lane, state: 'needs_attention', reason: 'Statsig refuses the server key.' } as const
    const out = { ...lane, state: 'running', reason: 'Statsig answers 503.', pending: 4 } as const
    for (const state of [held, out]) {
      const [check] = checkConnection(make({ lanes: { events: state } }), [])
      expect(check).toMatchObject({ status: 'fail', says: expect.stringContaining('Statsig') as string })
      expect(check?.todo).toBeTruthy()
    }
  })
  it('warns of a missing server key, a pause and a guard that waits', () => {
    const audience = {
      key: "it's",
      state: 'waiting_approval',
      guard: { message: '12 removals wait.' },
    } as never
    const found = checkConnection(make({ paused: true, statsig: { serverKey: false } as never }), [audience])
    expect(found.map(({ status }) => status)).toEqual(['warn', 'warn', 'warn'])
    expect(found[2]?.todo).toContain(`approve 'it'\\''s' -c con_1`)
  })
})

describe('causeway doctor', () => {
  let world: ServedWorld
  let folder = ''
  let reachable = true
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'causeway-doctor-'))
    world = await serveWorld()
    Object.defineProperty(world.starter, 'isReachable', { get: () => reachable })
    await world.connect('con_1', { keys: { 'statsig.serverKey': 'secret-1' } })
    for (const name of ['worker', 'bulk-worker'] as const)
      await world.store.processes.beat(name, world.clock.ms)
  })
  afterEach(() => void (reachable = true))
  afterAll(async () => {
    await world.close()
    rmSync(folder, { recursive: true })
  })
  const env = () => ({ DATA_DIR: folder, HOME: folder, TEMPORAL_ADDRESS: '127.0.0.1:1' })
  const doctor = (more: string[] = [], change = {}) =>
    world.cli(['doctor', '--json', ...more], { env: { ...env(), ...change } })

  it('looks at every dependency, key and connection, and ends with 0 where nothing fails', async () => {
    const ran = await doctor()
    expect(failed(ran)).toEqual([])
    expect(ran.exitCode).toBe(0)
    const names = checksOf(ran).map(({ name }) => name)
    for (const name of [
      'node',
      'api',
      'clock',
      'version',
      'store',
      'temporal',
      'worker',
      'lanes',
      'key',
      'con_1',
    ])
      expect(names).toContain(name)
  })
  it('says that Temporal is down, what to do, and ends with 1', async () => {
    reachable = false
    const ran = await doctor()
    expect(failed(ran)).toEqual(['temporal'])
    expect(ran.exitCode).toBe(1)
  })
  it('says that the key is not valid, or that there is none', async () => {
    expect(failed(await doctor([], { CAUSEWAY_API_KEY: 'wrong' }))).toEqual(['key'])
    expect(failed(await doctor([], { CAUSEWAY_API_KEY: '' }))).toEqual(['key'])
  })
  it('lists the problems of a configuration', async () => {
    const ran = await doctor([], { LATE_AFTER: 'soon' })
    expect(failed(ran)).toEqual(['configuration'])
    expect(ran.out).toContain('LATE_AFTER')
  })
  it('works while the API is down: what can be seen from here is looked at', async () => {
    const ran = await run(['doctor', '--json'], { env: { ...env(), CAUSEWAY_URL: 'http://127.0.0.1:2' } })
    expect(ran.exitCode).toBe(1)
    expect(failed(ran)).toEqual(['api', 'temporal'])
    for (const { status, todo } of checksOf(ran)) if (status === 'fail') expect(todo).toBeTruthy()
  })
  it('knows another program at that port for what it is', async () => {
    const other = createServer((_, response) => void response.writeHead(404).end('nginx')).listen(
      0,
      '127.0.0.1',
    )
    await once(other, 'listening')
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    const ran = await run(['doctor', '--json'], { env: { ...env(), CAUSEWAY_URL: url } })
    other.close()
    expect(failed(ran)).toContain('api')
    expect(ran.out).toContain('is not Causeway')
  })
})
