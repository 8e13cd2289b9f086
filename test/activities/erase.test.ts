import { readFileSync } from 'node:fs'
import { MockActivityEnvironment } from '@temporalio/testing'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createErase, type EraseResult } from '../../activities/erase.ts'
import { createDrain, type DrainInput, type DrainResult } from '../../activities/drain.ts'
import { connectionId, createWorld, startMs, track, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

const before = new Date(startMs - 60_000).toISOString()
const after = new Date(startMs + 60_000).toISOString()
const of = (userId: string, more: object = {}) => ({ ...track(userId), ...more })

async function erase(person: object, id = 'era_1'): Promise<EraseResult> {
  const { erasures } = world.store
  await erasures.create({ id, connectionId, person, origin: 'call', nowMs: startMs })
  const activity = createErase({ ...world.deps, erasePauseMs: 0 })
  return new MockActivityEnvironment().run<[string], EraseResult, typeof activity>(activity, id)
}
async function drain(): Promise<DrainResult> {
  const activity = createDrain(world.deps)
  return new MockActivityEnvironment().run<[DrainInput], DrainResult, typeof activity>(activity, {
    ...{ connectionId, lane: 'events' },
  })
}
const list = async () =>
  (await world.store.messages.list(connectionId, {}, { limit: 100 })).entries
    .map(({ messageId, outcome, reason, userId }) => ({ messageId, outcome, reason, userId }))
    .reverse()
const sentUsers = () => world.statsig.taken()

describe('createErase', () => {
  it('removes what was delivered, keeps its outcome, and leaves the neighbours', async () => {
    await world.appendMessages([of('ann', { messageId: 'a' }), of('bob', { messageId: 'b' })])
    await drain()
    expect(await erase({ userId: 'ann' })).toMatchObject({ done: true, messages: 1 })
    expect(await list()).toEqual([
      { messageId: 'a', outcome: 'delivered', reason: undefined, userId: undefined },
      { messageId: 'b', outcome: 'delivered', reason: undefined, userId: 'bob' },
    ])
    const [b, a] = (await world.store.messages.list(connectionId, {}, { limit: 2 })).entries
    const bodyOf = async (id = '') => (await world.store.messages.get(id))?.body?.toString()
    expect(await bodyOf(a?.id)).toContain('"batch":[{"$causeway":"erased"},{')
    expect(await bodyOf(b?.id)).toContain('bob')
    expect((await world.store.erasures.get('era_1'))?.state).toBe('done')
  })

  it('ends what is pending as erased, and sends none of it', async () => {
    await world.appendMessages([of('ann'), of('bob')])
    await erase({ userId: 'ann' })
    await drain()
    expect((await list()).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['skipped', 'erased'],
      ['delivered', undefined],
    ])
    expect(sentUsers()).toEqual(['bob'])
  })

  it('ends what comes later and is older as erased, and removes its body with its ending', async () => {
    await erase({ userId: 'ann' })
    await world.appendMessages([of('ann', { timestamp: before, messageId: 'old' }), of('bob')])
    await drain()
    const [, old] = (await world.store.messages.list(connectionId, {}, { limit: 2 })).entries
    expect(old).toMatchObject({ messageId: 'old', outcome: 'skipped', reason: 'erased', userId: undefined })
    expect((await world.store.messages.get(old?.id ?? ''))?.body?.toString()).not.toContain('ann')
    expect(sentUsers()).toEqual(['bob'])
  })

  it('lets a person come back: what happens after the erasure goes its way', async () => {
    await erase({ userId: 'ann' })
    await world.appendMessages([of('ann', { timestamp: after })])
    await drain()
    expect(sentUsers()).toEqual(['ann'])
  })

  it('goes on after a crash between two steps, and does nothing twice', async () => {
    for (let n = 0; n < 500; n += 1) await world.append([n % 2 ? 'ann' : `user-${n}`])
    await world.store.erasures.create({
      ...{ id: 'era_1', connectionId, person: { userId: 'ann' }, origin: 'call', nowMs: startMs },
    })
    const { messages, done } = await world.store.erasures.step('era_1')
    expect(done).toBe(false)
    expect(messages).toBeGreaterThan(0)
    expect(await erase({ userId: 'ann' })).toMatchObject({ done: true, messages: 250 })
    expect(await erase({ userId: 'ann' })).toMatchObject({ done: true, messages: 250 })
  })

  it('counts what it freed: what is held stays right', async () => {
    await world.append(['ann', 'bob', 'ann'])
    await erase({ userId: 'ann' })
    const { bodiesBytes } = await world.store.retention.holdings()
    const [entry] = (await world.store.messages.list(connectionId, {}, { limit: 1 })).entries
    expect(bodiesBytes).toBe((await world.store.messages.get(entry?.id ?? ''))?.body?.length)
  })

  it('leaves neither the id nor the body in the file', async () => {
    const marked = 'ann-7c1f5ad1-marked'
    await world.appendMessages([of(marked, { messageId: 'm' }), of('bob')])
    await drain()
    await erase({ userId: marked })
    const path = world.path
    const second = new Database(path)
    second.pragma('wal_checkpoint(TRUNCATE)')
    second.close()
    expect(readFileSync(path).includes('bob')).toBe(true)
    expect(readFileSync(path).includes(marked)).toBe(false)
  })

  it('takes what a redrive had noted of a message with it', async () => {
    await world.appendMessages([of('ann', { event: '' })])
    await drain()
    const second = new Database(world.path)
    second.exec(`INSERT INTO redriven (lane_id, seq, origin_lane_id, origin_seq, sole, outcome, path, detail, settings_version)
      VALUES (99, 1, 1, 1, 1, 4, 'event', 'what it said', 1)`)
    await erase({ userId: 'ann' })
    expect(second.prepare('SELECT path, detail FROM redriven').all()).toEqual([{ path: null, detail: null }])
    second.close()
  })

  it('takes a delete event of a webhook for an order, and one of the tracking API for none', async () => {
    const remove = { type: 'delete', userId: 'ann', messageId: 'd', timestamp: before }
    const lanes = [{ lane: 'events' as const, items: undefined, count: 1, sole: true }]
    await world.appendMessages([remove])
    await drain()
    expect(await world.store.erasures.unfinished()).toEqual([])
    const body = Buffer.from(JSON.stringify({ ...remove, messageId: 'e' }))
    await world.store.inbox.append({
      ...{ connectionId, receivedAtMs: startMs, source: 'webhook', call: 'batch', callerIp: undefined },
      ...{ body, lanes },
    })
    await drain()
    const [erasure] = await world.store.erasures.unfinished()
    expect(erasure).toMatchObject({ origin: 'delete_event', connectionId })
    expect(await world.store.erasures.person(erasure?.id ?? '')).toEqual({ userId: 'ann' })
  })
})
