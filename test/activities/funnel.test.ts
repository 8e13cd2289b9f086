// The funnel while it is drained under faults, read again and again by another process's eyes. A long run of the same:
// `FUNNEL_MESSAGES=100000 npx vitest run test/activities/funnel.test.ts`.
import { MockActivityEnvironment } from '@temporalio/testing'
import { describe, expect, it } from 'vitest'
import type { DrainInput, DrainResult } from '../../activities/drain.ts'
import type { StandingLane } from '../../core/lanes.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { connectionId, createWorld, ScriptedStatsig, track } from '../support/world.ts'

const steps = [60_000, 3_600_000, 86_400_000]
const messages = Number(process.env.FUNNEL_MESSAGES ?? 4_000)
const lanes = ['events', 'late'] as const satisfies StandingLane[]

/** One of each ending in twenty messages, a duplicate of the one before among them. */
function message(n: number): object {
  const sound = track(`u${n}`)
  const kinds: Record<number, object> = {
    1: { type: 'identify', messageId: `m-${n}`, userId: `u${n}` },
    3: { ...sound, integrations: { Statsig: false } },
    5: { ...sound, event: '' },
    7: track(`u${n - 1}`),
    9: { ...sound, type: 'alias', previousId: 'p' },
    11: { ...sound, userId: undefined },
    13: { ...sound, timestamp: 'yesterday' },
  }
  return kinds[n % 20] ?? sound
}

/** Outages, hang-ups, requests to slow down, batches that are too large, and events that are refused. */
const faulty = ({ events, index }: { events: { user: { userID?: string } }[]; index: number }): number => {
  if (index % 5 === 1) return 503
  if (index % 7 === 3) return 429
  if (index % 11 === 5 && events.length > 1) return 413
  return events.some(({ user }) => user.userID?.endsWith('17')) ? 400 : 202
}

describe('createStatsStore', () => {
  it(
    'adds up at every read of a mixed run with faults: accepted is the sum of all outcomes, by lane, and in series of minutes, hours and days',
    async () => {
      const world = await createWorld({ statsig: new ScriptedStatsig(faulty) })
      const reader = openStore(world.path, createSecretBox(Buffer.alloc(32, 7)))
      let [reads, isOver] = [0, false]
      const faults: unknown[] = []

      async function readOn(): Promise<void> {
        while (!isOver) {
          const stepMs = steps[reads % steps.length] ?? 60_000
          for (const { lane, totals, series } of await reader.stats.read(connectionId, {
            sinceMs: 0,
            stepMs,
          })) {
            const { accepted, pending, ...ended } = totals
            const sum = Object.values(ended).reduce((a, b) => a + b, 0)
            if (accepted !== sum + pending || pending < 0) faults.push({ lane, totals })
            // By the minute, the hour and the day: the same sums, each of them.
            for (const name of ['accepted', 'delivered', 'filtered', 'skipped', 'rejected'] as const) {
              const counted = series.reduce((all, point) => all + point[name], 0)
              if (counted !== totals[name]) faults.push({ lane, stepMs, name, counted, total: totals[name] })
            }
          }
          reads += 1
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      }
      async function appendAll(): Promise<void> {
        for (let n = 0; n < messages; n += 250) {
          const batch = Array.from({ length: Math.min(250, messages - n) }, (_, index) => message(n + index))
          await world.appendMessages(batch, lanes[(n / 250) % 2])
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      }
      async function drainAll(lane: StandingLane): Promise<void> {
        const drain = () =>
          new MockActivityEnvironment().run<
            [DrainInput],
            DrainResult,
            (input: DrainInput) => Promise<DrainResult>
          >(world.activities.drain, { connectionId, lane })
        // An outage ends a stint with a failure that Temporal would try again.
        while (!isOver) {
          await drain().catch(() => undefined)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      }

      const reading = readOn()
      const draining = lanes.map(drainAll)
      await appendAll()
      const left = async () =>
        (await Promise.all(lanes.map((lane) => world.lane(lane)))).some(({ pending }) => pending > 0)
      while (await left()) await new Promise((resolve) => setTimeout(resolve, 10))
      isOver = true
      await Promise.all([reading, ...draining])
      const ends = await Promise.all(lanes.map((lane) => world.totals(lane)))
      const sum = (name: string) => ends.reduce((all, totals) => all + (totals[name] ?? 0), 0)
      if (process.env.FUNNEL_MESSAGES !== undefined)
        console.log({ reads, requests: world.statsig.requests.length, ends })
      await reader.close()
      await world.close()

      expect(faults).toEqual([])
      expect(reads).toBeGreaterThan(20)
      expect(sum('accepted')).toBe(messages)
      expect(sum('pending')).toBe(0)
      for (const name of ['delivered', 'filtered', 'skipped', 'rejected'])
        expect(sum(name)).toBeGreaterThan(0)
      expect(world.statsig.requests.filter(({ status }) => status !== 202).length).toBeGreaterThan(5)
    },
    20_000 + messages * 10,
  )
})
