import { MockActivityEnvironment } from '@temporalio/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SyncInput } from '../../activities/sync-members.ts'
import type { SyncResult } from '../../core/audiences/details.ts'
import { BridgeError } from '../../core/errors.ts'
import type { Audience } from '../../core/ports.ts'
import { membership } from '../support/audiences.ts'
import { connectionId, createWorld, startMs, users, type World } from '../support/world.ts'

const dayMs = 86_400_000
let world: World

beforeEach(async () => {
  const clock = { ms: startMs, nowMs: () => clock.ms }
  world = await createWorld({ clock })
  world.deps.syncSleep = async (ms) => void (clock.ms += ms)
  await world.store.connections.update(connectionId, { keys: { 'statsig.consoleKey': 'console-a' } }, startMs)
})
afterEach(async () => {
  await world.close()
})

type Sync = (input: SyncInput) => Promise<SyncResult>
const sync = (nowMs = startMs): Promise<SyncResult> =>
  new MockActivityEnvironment().run<[SyncInput], SyncResult, Sync>(world.activities.syncMembers, {
    ...{ connectionId, audience: 'vip', nowMs },
  })

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
}

/** Words on members, later ones of later calls. */
let saidMs = startMs
async function say(ids: string[], isMember: boolean): Promise<void> {
  saidMs += 1
  for (let from = 0; from < ids.length; from += 1_000) {
    const words = ids.slice(from, from + 1_000).map((id) => membership(id, isMember, saidMs))
    await world.store.audiences.fold(connectionId, words, startMs)
  }
}
const audience = async (): Promise<Audience> => {
  const found = await world.store.audiences.get(connectionId, 'vip')
  if (!found) throw new Error('no audience')
  return found
}
const onList = () => world.segments.idsOf('vip')
const sorted = (ids: string[]) => [...ids].sort()
const callSizes = () => world.segments.calls.map(({ call, ids }) => `${call} ${ids.length}`)

describe('syncMembers', () => {
  it('makes the list and carries members over in the fewest calls', async () => {
    await say(users(2_500), true)
    expect(await sync()).toMatchObject({ state: 'idle', added: 2_500, calls: 1, applied: 2_500 })
    expect(onList()).toEqual(sorted(users(2_500)))
    await say(users(100), false)
    await say(users(50, 3_000), true)
    expect(await sync()).toMatchObject({ state: 'idle', added: 50, removed: 100 })
    expect(callSizes()).toEqual(['add 2500', 'add 50', 'remove 100'])
    expect(await audience()).toMatchObject({ desired: 2_450, applied: 2_450, addsDue: 0, removesDue: 0 })
    expect((await audience()).lastRun).toMatchObject({ status: 'success', added: 50, removed: 100, calls: 2 })
  })

  it('calls nobody when there is nothing to do', async () => {
    await say(users(3), true)
    await sync()
    await sync()
    expect(callSizes()).toEqual(['add 3'])
  })

  it('warns before a list passes a thousand ids, which is one-way', async () => {
    await say(users(1_001), true)
    world.segments.script = async () => {
      expect((await audience()).warnings.map(({ code }) => code)).toEqual(['over_1000_ids'])
    }
    await sync()
    expect.assertions(2)
    expect(await audience()).toMatchObject({ applied: 1_001 })
  })

  it('follows a membership that flips while its call is in flight', async () => {
    await say(['a', 'b'], true)
    world.segments.script = async (_call, index) => {
      if (index === 0) await say(['a'], false)
    }
    await sync()
    await sync()
    expect(onList()).toEqual(['b'])
    expect(await audience()).toMatchObject({ desired: 1, applied: 1 })
  })

  it('finds the id that Statsig refuses, is partial, and tries it again in the next run', async () => {
    world.segments.script = ({ ids }) => {
      if (ids.includes('u7')) throw new BridgeError('statsig.list_refused', 'HTTP 400: bad id')
    }
    await say(users(64), true)
    expect(await sync()).toMatchObject({ state: 'idle', added: 63, failed: 1 })
    expect((await audience()).lastRun).toMatchObject({ status: 'partial', failed: 1 })
    const failed = await world.store.audiences.members(await audience(), { state: 'failed', limit: 10 })
    expect(failed.rows).toMatchObject([{ id: 'u7', applied: false, error: 'HTTP 400: bad id' }])
    world.segments.script = () => undefined
    await say(['late'], true)
    expect(await sync()).toMatchObject({ added: 2, failed: 0 })
    expect(callSizes().slice(-2)).toEqual(['add 1', 'add 1'])
    expect((await audience()).lastRun).toMatchObject({ status: 'success' })
  })

  it('goes on where it was after a crash between the call and the commit', async () => {
    await say(users(5), true)
    const crashed = new Error('killed')
    const markSent = world.deps.audiences.markSent.bind(world.deps.audiences)
    world.deps.audiences.markSent = () => Promise.reject(crashed)
    await expect(sync()).rejects.toMatchObject({ type: 'internal' })
    world.deps.audiences.markSent = markSent
    expect(onList()).toEqual(users(5))
    await say(['u1'], false)
    await sync()
    expect(onList()).toEqual(users(4, 2))
    expect(await audience()).toMatchObject({ desired: 4, applied: 4 })
  })

  it('brings back who was taken off by a call that nobody saw end, though the rest of it is held', async () => {
    await say(users(100), true)
    await sync()
    await say(users(15), false)
    const markSent = world.deps.audiences.markSent.bind(world.deps.audiences)
    world.deps.audiences.markSent = () => Promise.reject(new Error('killed'))
    await expect(sync()).rejects.toMatchObject({ type: 'internal' })
    world.deps.audiences.markSent = markSent
    expect(onList()).toHaveLength(85)
    await say(users(15, 16), false)
    expect(await sync()).toMatchObject({ state: 'waiting_approval', held: 30 })
    await say(['u1'], true)
    await sync()
    expect(onList()).toContain('u1')
    await world.store.audiences.decide(connectionId, 'vip', 'reject', startMs + 1)
    await sync()
    expect(onList()).toEqual(sorted(users(100)))
    expect(await audience()).toMatchObject({ desired: 100, applied: 100, inFlight: false })
  })

  it('ends right whatever is refused, cut, killed or said while calls are in flight', async () => {
    const ids = users(8)
    // Two days between the runs: the guard is not what is asked about.
    let day = 0
    // Several calls of a kind, each of which leaves while the one before is marked.
    world.deps.syncIdsPerCall = 3
    const run = () => sync(startMs + (day += 2) * dayMs)
    for (let seed = 1; seed <= 15; seed += 1) {
      const next = randomOf(seed)
      const chance = (share: number) => next() < share
      const flip = async () => say([ids[Math.floor(next() * ids.length)] ?? 'u1'], chance(0.5))
      let [isCalm, bad] = [false, '']
      const markSent = world.deps.audiences.markSent.bind(world.deps.audiences)
      world.deps.audiences.markSent = async (...sent) => {
        if (!isCalm && chance(0.2)) throw new Error('killed between the call and the commit')
        if (!isCalm && chance(0.3)) await flip()
        await markSent(...sent)
      }
      world.segments.script = async (call) => {
        if (!isCalm && chance(0.5)) await flip()
        if (call.ids.includes(bad)) throw new BridgeError('statsig.list_refused', 'HTTP 400')
        if (isCalm || chance(0.7)) return
        const list = world.segments.lists.get('vip')?.ids
        // Half of the cut calls had come through.
        if (chance(0.5)) for (const id of call.ids) list?.[call.call === 'add' ? 'add' : 'delete'](id)
        throw new BridgeError('statsig.unavailable', 'cut')
      }
      for (let turn = 0; turn < 6; turn += 1) {
        bad = chance(0.3) ? (ids[turn] ?? '') : ''
        await flip()
        const ended = await run().catch(() => undefined)
        if (ended?.state === 'idle' && ended.failed > 0)
          expect((await audience()).lastRun?.status).toBe('partial')
      }
      ;[isCalm, bad] = [true, '']
      await run()
      await run()
      const wanted = await world.store.audiences.desiredIds(await audience(), { after: '', limit: 10 })
      expect({ seed, list: onList() }).toEqual({ seed, list: wanted })
      expect(await audience()).toMatchObject({
        ...{ desired: wanted.length, applied: wanted.length, addsDue: 0, removesDue: 0, failed: 0 },
        ...{ inFlight: false },
      })
      world.deps.audiences.markSent = markSent
      world.segments.script = () => undefined
    }
  })

  it('sends a call while the one before is marked, and takes no other while a mark is missing', async () => {
    world.deps.syncIdsPerCall = 2
    await say(users(6), true)
    const markSent = world.deps.audiences.markSent.bind(world.deps.audiences)
    const told: string[] = []
    let release: () => void = () => undefined
    world.segments.script = ({ ids }) => {
      told.push(`call ${ids.join()}`)
      if (ids.includes('u3')) release()
    }
    world.deps.audiences.markSent = async (audienceOf, kind, ids, nowMs) => {
      if (ids.includes('u1')) await new Promise<void>((resolve) => (release = resolve))
      told.push(`mark ${ids.join()}`)
      await markSent(audienceOf, kind, ids, nowMs)
    }
    expect(await sync()).toMatchObject({ state: 'idle', added: 6, calls: 3 })
    expect(told).toEqual([
      ...['call u1,u2', 'call u3,u4', 'mark u1,u2', 'call u5,u6', 'mark u3,u4', 'mark u5,u6'].sort(
        (a, b) => told.indexOf(a) - told.indexOf(b),
      ),
    ])
    expect(told.indexOf('call u3,u4')).toBeLessThan(told.indexOf('mark u1,u2'))
    expect(told.indexOf('mark u1,u2')).toBeLessThan(told.indexOf('mark u3,u4'))
    expect(await audience()).toMatchObject({ applied: 6, inFlight: false })
  })

  it('stays in doubt when a mark fails behind a call that has left', async () => {
    world.deps.syncIdsPerCall = 2
    await say(users(4), true)
    const markSent = world.deps.audiences.markSent.bind(world.deps.audiences)
    world.deps.audiences.markSent = () => Promise.reject(new BridgeError('store_busy', 'locked'))
    await expect(sync()).rejects.toMatchObject({ type: 'store_busy' })
    expect(await audience()).toMatchObject({ applied: 0, inFlight: true })
    world.deps.audiences.markSent = markSent
    await say(['u1'], false)
    await sync()
    expect(onList()).toEqual(users(3, 2))
    expect(await audience()).toMatchObject({ desired: 3, applied: 3, inFlight: false })
  })

  it('retries an outage and waits as long as Statsig asks', async () => {
    await say(['a'], true)
    world.segments.script = () => {
      throw new BridgeError('statsig.rate_limited', 'HTTP 429', { retryAfterMs: 7_000 })
    }
    await expect(sync()).rejects.toMatchObject({
      ...{ type: 'statsig.rate_limited', nonRetryable: false, nextRetryDelay: 7_000 },
    })
    expect((await audience()).reason).toMatch(/HTTP 429/)
  })

  it('needs attention for a refused console key, and the events do not', async () => {
    await say(['a'], true)
    world.segments.fault = new BridgeError('statsig.console_key_refused', 'HTTP 401')
    expect(await sync()).toMatchObject({ state: 'needs_attention' })
    expect((await audience()).reason).toMatch(/console key/)
    expect((await world.store.connections.get(connectionId))?.status).toBe('active')
    await world.append(['u1'])
    expect(await world.lane('events')).toMatchObject({ state: 'asleep', pending: 1 })
  })

  it('says what is missing when no console key is set', async () => {
    await world.store.connections.update(connectionId, { keys: { 'statsig.consoleKey': null } }, startMs)
    await say(['a'], true)
    expect(await sync()).toMatchObject({ state: 'needs_attention' })
    expect((await audience()).reason).toMatch(/No Statsig console key/)
  })

  it('holds while the connection is paused', async () => {
    await say(['a'], true)
    await world.store.connections.update(connectionId, { paused: true }, startMs)
    expect(await sync()).toMatchObject({ state: 'paused' })
    expect(callSizes()).toEqual([])
  })

  it('explains a list of the wrong type and one of other ids', async () => {
    await say(['a'], true)
    const segment = { id: 'vip', type: 'rule_based', idType: 'userID', count: 0 }
    world.segments.lists.set('vip', { segment, ids: new Set() })
    expect(await sync()).toMatchObject({ state: 'needs_attention' })
    expect((await audience()).reason).toMatch(/type rule_based/)
    segment.type = 'id_list'
    segment.idType = 'companyID'
    await sync()
    expect((await audience()).reason).toMatch(/made of companyID/)
  })

  it('waits for a list that is not to be made', async () => {
    await say(['a'], true)
    await world.store.audiences.change(connectionId, 'vip', { createList: false }, startMs)
    expect(await sync()).toMatchObject({ state: 'waiting_list' })
    await world.segments.create('console-a', { id: 'vip', idType: 'userID' })
    expect(await sync()).toMatchObject({ state: 'idle', added: 1 })
  })

  it('notices that the list was deleted, and makes it anew when a full push is asked for', async () => {
    await say(users(4), true)
    await sync()
    world.segments.lists.delete('vip')
    await say(['new'], true)
    expect(await sync()).toMatchObject({ state: 'needs_attention' })
    expect((await audience()).reason).toMatch(/deleted at Statsig/)
    await world.store.audiences.request(connectionId, 'vip', 'full')
    expect(await sync()).toMatchObject({ state: 'idle' })
    expect(onList()).toEqual(sorted(['new', ...users(4)]))
  })

  it('notices in the night that the list was deleted, and leaves it so', async () => {
    await say(users(4), true)
    await sync()
    world.segments.lists.delete('vip')
    await world.store.audiences.request(connectionId, 'vip', 'reconcile')
    expect(await sync()).toMatchObject({ state: 'needs_attention' })
    expect((await audience()).reason).toMatch(/deleted at Statsig.*"full"/)
    expect(world.segments.lists.has('vip')).toBe(false)
  })

  it('warns from 80 % of the ids that all lists of a project may have, until there is room again', async () => {
    await say(users(4), true)
    world.segments.projectIds = async () => 7_999_996
    await world.store.audiences.request(connectionId, 'vip', 'full')
    await sync()
    expect((await audience()).warnings).toMatchObject([
      { code: 'project_cap_near', message: expect.stringContaining('8000000 ids') as string },
    ])
    world.segments.projectIds = async () => 7_999_995
    await world.store.audiences.request(connectionId, 'vip', 'full')
    await sync()
    expect((await audience()).warnings).toEqual([])
  })

  it('pushes all that is desired anew in a full run', async () => {
    await say(users(6), true)
    await sync()
    world.segments.lists.get('vip')?.ids.delete('u2')
    await world.store.audiences.request(connectionId, 'vip', 'full')
    expect(await sync()).toMatchObject({ state: 'idle', added: 6, calls: 1 })
    expect(onList()).toEqual(users(6))
    expect(await audience()).toMatchObject({ requestedMode: undefined })
  })

  it('shows and mends the difference to what Statsig holds', async () => {
    await say(users(20), true)
    await sync()
    const list = world.segments.lists.get('vip')
    list?.ids.delete('u5')
    list?.ids.delete('u6')
    list?.ids.add('stranger')
    await world.store.audiences.request(connectionId, 'vip', 'reconcile')
    expect(await sync()).toMatchObject({ state: 'idle', added: 2, removed: 1 })
    expect((await audience()).lastRun).toMatchObject({ difference: { missing: 2, extra: 1 } })
    expect(onList()).toEqual(sorted(users(20)))
  })

  it('reads on from the page at which Statsig made it wait', async () => {
    await say(users(20), true)
    await sync()
    world.segments.lists.get('vip')?.ids.delete('u5')
    const readIds = world.segments.readIds.bind(world.segments)
    const read: number[] = []
    world.segments.readIds = async (key, id, page) => {
      read.push(page)
      if (read.length % 3 === 0)
        throw new BridgeError('statsig.rate_limited', 'HTTP 429', { retryAfterMs: 9_000 })
      return readIds(key, id, page)
    }
    await world.store.audiences.request(connectionId, 'vip', 'reconcile')
    expect(await sync()).toMatchObject({ state: 'idle', added: 1 })
    expect(read).toEqual([1, 2, 3, 3, 4, 5, 5, 6, 7, 7])
    expect((await audience()).reason).toBeUndefined()
  })

  it('ends a comparison that waits when the connection is paused', async () => {
    await say(users(4), true)
    await sync()
    world.segments.readIds = async () => {
      await world.store.connections.update(connectionId, { paused: true }, startMs)
      throw new BridgeError('statsig.unavailable', 'HTTP 503')
    }
    await world.store.audiences.request(connectionId, 'vip', 'reconcile')
    expect(await sync()).toMatchObject({ state: 'paused' })
    expect(await audience()).toMatchObject({ requestedMode: 'reconcile' })
  })

  it('never removes when removals are off', async () => {
    await say(users(3), true)
    await sync()
    await world.store.audiences.change(connectionId, 'vip', { removals: 'never' }, startMs)
    await say(['u1'], false)
    expect(await sync()).toMatchObject({ state: 'idle', removed: 0 })
    expect(onList()).toEqual(users(3))
  })

  it('takes an erased id off the list past the guard, and forgets it', async () => {
    await say(users(10), true)
    await sync()
    await world.store.audiences.change(connectionId, 'vip', { removals: 'never' }, startMs)
    expect(await world.store.audiences.eraseUnit(connectionId, users(10), startMs + dayMs)).toEqual(['vip'])
    expect(await sync()).toMatchObject({ state: 'idle', removed: 10 })
    expect(onList()).toEqual([])
    expect((await world.store.audiences.members(await audience(), { limit: 20 })).rows).toEqual([])
    expect(await audience()).toMatchObject({ desired: 0, applied: 0, addsDue: 0, removesDue: 0 })
  })
})

describe('the removal guard', () => {
  beforeEach(async () => {
    await say(users(100), true)
    await sync()
  })

  it('lets 20 of 100 go and holds the 21st, whatever comes between', async () => {
    await say(users(20), false)
    expect(await sync()).toMatchObject({ state: 'idle', removed: 20 })
    await say(['u21'], false)
    await say(['new'], true)
    expect(await sync(startMs + dayMs / 2)).toMatchObject({ state: 'waiting_approval', added: 1, held: 1 })
    expect((await audience()).guard).toMatchObject({
      planned: 1,
      limit: 20,
      rule: 'too_many',
      sample: ['u21'],
    })
    expect(onList()).toContain('u21')
  })

  it('goes on waiting when the day is over', async () => {
    await say(users(30), false)
    await sync()
    expect(await sync(startMs + 8 * dayMs)).toMatchObject({ state: 'waiting_approval', held: 30 })
  })

  it('carries out what was approved, and no more than that', async () => {
    await say(users(100), false)
    expect(await sync()).toMatchObject({ state: 'waiting_approval', held: 100 })
    expect((await audience()).guard).toMatchObject({ rule: 'would_empty' })
    await say(['u1'], true)
    expect(await world.store.audiences.decide(connectionId, 'vip', 'approve', startMs)).toBe(100)
    expect(await sync()).toMatchObject({ state: 'idle', removed: 99 })
    expect(onList()).toEqual(['u1'])
  })

  it('keeps the members when it is rejected, and does not plan them again', async () => {
    await say(users(60), false)
    await sync()
    const nowMs = startMs + dayMs
    expect(await world.store.audiences.decide(connectionId, 'vip', 'reject', nowMs)).toBe(60)
    await say(users(60), false)
    expect(await sync(nowMs)).toMatchObject({ state: 'idle', removed: 0 })
    expect(onList()).toEqual(sorted(users(100)))
  })

  it('has nothing to decide when nothing waits', async () => {
    await expect(world.store.audiences.decide(connectionId, 'vip', 'approve', startMs)).rejects.toMatchObject(
      {
        code: 'nothing_held',
      },
    )
  })
})
