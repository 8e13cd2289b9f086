import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWaker, type Waker } from '../../api/waker.ts'
import { endEntries, leaseOf } from '../support/end-entries.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
let waker: Waker
beforeEach(async () => {
  world = createApiWorld()
  waker = world.deps.waker
  for (const id of ['con_1', 'con_2']) await world.connect(id)
})
afterEach(() => world.close())

const calls = () => world.starter.calls.splice(0)

async function append(connectionId: string, lane: 'events' | 'late' | 'audiences'): Promise<void> {
  await world.store.inbox.append({
    ...{ connectionId, receivedAtMs: world.clock.ms, source: 'tracking', call: 'track', callerIp: undefined },
    ...{ body: Buffer.from('{}'), lanes: [{ lane, items: undefined, count: 1, sole: true }] },
  })
}

describe('createWaker', () => {
  describe('wake', () => {
    it('calls at once, then at most once a second for the same lane', () => {
      const startMs = world.clock.ms
      for (const ms of [0, 1, 999, 1_000, 1_500, 2_000]) {
        world.clock.ms = startMs + ms
        waker.wake('con_1', 'events')
      }
      expect(calls()).toEqual(Array.from({ length: 3 }, () => 'wake con_1 events'))
    })

    it('counts the second for each lane and each connection by itself', () => {
      waker.wake('con_1', 'events')
      waker.wake('con_1', 'late')
      waker.wake('con_2', 'events')
      waker.wake('con_2', 'events')
      expect(calls()).toEqual(['wake con_1 events', 'wake con_1 late', 'wake con_2 events'])
    })

    it('notes a call that fails, and tries again a second later', async () => {
      world.starter.answer = () => Promise.reject(new Error('Temporal is down'))
      waker.wake('con_1', 'events')
      await new Promise((resolve) => setImmediate(resolve))
      expect(world.log.lines).toEqual([
        {
          level: 'warn',
          fields: {
            ...{ event: 'lane.wake_failed', connectionId: 'con_1', lane: 'events' },
            error: 'Error: Temporal is down',
          },
        },
      ])
      world.clock.ms += 1_000
      waker.wake('con_1', 'events')
      expect(calls()).toHaveLength(2)
    })

    it('survives a starter that throws instead of failing', () => {
      const starter = Object.assign(world.starter, {
        wake: () => {
          throw new Error('broken client')
        },
      })
      const { store, clock, log } = world
      const fragile = createWaker({ lanes: store.lanes, starter, clock, log })
      expect(() => fragile.wake('con_1', 'events')).not.toThrow()
    })
  })

  describe('sweep', () => {
    it('wakes each sleeping lane that has work, and no other', async () => {
      await append('con_1', 'events')
      await append('con_2', 'late')
      await append('con_2', 'audiences')
      await waker.sweep()
      expect(calls()).toEqual(['wake con_1 events', 'wake con_2 late', 'wake con_2 audiences'])
    })

    it('shares its second with the wakes of ingest, and goes on until the lane runs', async () => {
      await append('con_1', 'events')
      waker.wake('con_1', 'events')
      await waker.sweep()
      expect(calls()).toHaveLength(1)
      for (let second = 0; second < 3; second += 1) {
        world.clock.ms += 1_000
        await waker.sweep()
      }
      expect(calls()).toHaveLength(3)
      await leaseOf(world.store, 'con_1', 'events')
      world.clock.ms = Date.parse('2026-01-05T12:01:00Z')
      await waker.sweep()
      expect(calls()).toEqual([])
    })

    it('makes sure every 30 s of the workflow of a lane that runs but is silent for 90 s', async () => {
      await append('con_1', 'events')
      await leaseOf(world.store, 'con_1', 'events')
      world.clock.ms += 90_000
      await waker.sweep()
      expect(calls()).toEqual([])
      for (let seconds = 0; seconds < 60; seconds += 1) {
        world.clock.ms += 1_000
        await waker.sweep()
      }
      expect(calls()).toEqual(['ensure con_1 events', 'ensure con_1 events'])
    })

    it('leaves lanes alone that are paused or need a person', async () => {
      await append('con_1', 'events')
      await append('con_2', 'events')
      await world.store.connections.update('con_1', { paused: true }, 0)
      const lease = await leaseOf(world.store, 'con_2', 'events')
      await world.store.lanes.hold(lease, 'needs_attention', '401', 0)
      world.clock.ms += 3_600_000
      await waker.sweep()
      expect(calls()).toEqual([])
    })

    it('leaves lanes alone that are empty, however long they are silent', async () => {
      await append('con_1', 'events')
      await endEntries(world.store, 'con_1', 'events', [{ outcome: 'delivered' }])
      world.clock.ms += 3_600_000
      await waker.sweep()
      expect(calls()).toEqual([])
    })
  })
})
