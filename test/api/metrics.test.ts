import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { laneFamilies } from '../../api/metrics.ts'
import { endEntries } from '../support/end-entries.ts'
import { apiKey, createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { makeTrack } from '../support/make-event.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

const read = async (headers: Record<string, string> = { authorization: `Bearer ${apiKey}` }) => {
  const response = await world.app.request('/metrics', { headers })
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') }
}
const valueOf = (text: string, series: string): number | undefined => {
  const found = text.split('\n').find((each) => each.startsWith(`${series} `))
  return found === undefined ? undefined : Number(found.slice(series.length + 1))
}
const accept = (batch: unknown[]) =>
  world.app.request('/v1/batch', { method: 'POST', body: JSON.stringify({ batch, writeKey: 'wk-con_1' }) })

describe('registerMetrics', () => {
  it('tells what was accepted and what became of it, from the store', async () => {
    await accept([makeTrack(), makeTrack({ messageId: 'm2' }), makeTrack({ messageId: 'm3' })])
    await endEntries(world.store, 'con_1', 'events', [{ outcome: 'delivered' }, { outcome: 'rejected' }], {
      status: 202,
    })
    world.clock.ms += 5_000
    const { text, type } = await read()
    expect(type).toContain('text/plain')
    const lane = 'connection="con_1",lane="events"'
    expect(valueOf(text, `causeway_accepted_total{${lane}}`)).toBe(3)
    expect(valueOf(text, `causeway_entries{${lane},outcome="delivered"}`)).toBe(1)
    expect(valueOf(text, `causeway_entries{${lane},outcome="rejected"}`)).toBe(1)
    expect(valueOf(text, `causeway_entries{${lane},outcome="pending"}`)).toBe(1)
    expect(valueOf(text, `causeway_pending{${lane}}`)).toBe(1)
    expect(valueOf(text, `causeway_lag_seconds{${lane}}`)).toBe(5)
    expect(valueOf(text, `causeway_attempts_total{${lane},status="2xx"}`)).toBe(1)
    expect(valueOf(text, `causeway_attempt_duration_seconds_bucket{${lane},le="0.05"}`)).toBe(1)
    expect(valueOf(text, `causeway_attempt_duration_seconds_count{${lane}}`)).toBe(1)
  })

  it('measures each ingest request and each refusal', async () => {
    await accept([makeTrack()])
    await world.app.request('/v1/batch', { method: 'POST', body: 'no json' })
    const { text } = await read()
    expect(valueOf(text, 'causeway_ingest_request_duration_seconds_count{door="tracking"}')).toBe(2)
    expect(valueOf(text, 'causeway_http_errors_total{door="tracking",status="400"}')).toBe(1)
    expect(valueOf(text, 'process_cpu_user_seconds_total')).toBeGreaterThan(0)
  })

  it('wants a key of any role, unless only this machine can reach it', async () => {
    expect((await read({})).status).toBe(401)
    expect((await read({ authorization: 'Bearer wrong' })).status).toBe(401)
    const made = await world.call('POST', '/api/v1/keys', { name: 'v', role: 'viewer' })
    const key = (made.json as { key: string }).key
    expect((await read({ authorization: `Bearer ${key}` })).status).toBe(200)
    world.deps.config.metricsNeedKey = false
    expect((await read({})).status).toBe(200)
  })

  it('has each of its names in docs/metrics.md, and no other', async () => {
    await accept([makeTrack()])
    await endEntries(world.store, 'con_1', 'events', [{ outcome: 'delivered' }], { status: 202 })
    await world.app.request('/nothing')
    const { text } = await read()
    const names = new Set([...text.matchAll(/^# TYPE (causeway_\w+)/gm)].map(([, name]) => name))
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
    const described = new Set([...page.matchAll(/`(causeway_\w+)`/g)].map(([, name]) => name))
    expect(described).toEqual(names)
  })
})

describe('laneFamilies', () => {
  it('writes one series for all replays of a connection, and escapes what a label may not hold', () => {
    const lane = (name: string, accepted: number) => ({
      ...{ laneId: 1, connectionId: 'a"b\\c\nd', lane: name as 'events', state: 'asleep' as const },
      ...{ reason: undefined, paused: false, pending: 0, oldestPendingAtMs: undefined, touchedAtMs: 0 },
      counts: { accepted, delivered: accepted, filtered: 0, skipped: 0, rejected: 0 },
      attempts: [],
    })
    const text = laneFamilies([lane('replay:rpl_1', 2), lane('replay:rpl_2', 3)], 0)
    expect(text).toContain('causeway_accepted_total{connection="a\\"b\\\\c\\nd",lane="replay"} 5\n')
  })
})
