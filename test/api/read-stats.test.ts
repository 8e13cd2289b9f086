import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endEntries } from '../support/end-entries.ts'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { makeAudienceIdentify, makeAudienceTrack, makeLateTrack, makeTrack } from '../support/make-event.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

interface Funnel {
  totals: Record<string, number>
  lagMs: number
  series: ({ at: string } & Record<string, number>)[]
}
interface Stats {
  lanes: Record<string, Funnel>
  inbound: Funnel
  outbound: Funnel
}
const read = async (query = '') =>
  (await world.call('GET', `/api/v1/connections/con_1/stats${query}`)).json as Stats
const none = { accepted: 0, delivered: 0, filtered: 0, skipped: 0, rejected: 0, pending: 0 }
const minute = (n: number) => new Date(nowMs + n * 60_000).toISOString()

async function accept(...batch: object[]): Promise<void> {
  const body = JSON.stringify({ batch, writeKey: 'wk-con_1' })
  await world.app.request('/v1/batch', { method: 'POST', body })
}

describe('registerReadStats', () => {
  describe('answers', () => {
    it('zeros for a connection that has seen nothing', async () => {
      const { lanes, inbound, outbound } = await read()
      expect(Object.keys(lanes)).toEqual(['events', 'late', 'audiences', 'outbound', 'forward'])
      const empty = { totals: none, lagMs: 0, series: [] }
      for (const funnel of [...Object.values(lanes), inbound, outbound]) expect(funnel).toEqual(empty)
    })

    it('each message once in inbound, whichever lanes it is in', async () => {
      await accept(makeTrack(), makeLateTrack(), makeAudienceTrack(), makeAudienceIdentify())
      const { lanes, inbound, outbound } = await read()
      const accepted = Object.entries(lanes).map(([lane, { totals }]) => [lane, totals.accepted])
      expect(Object.fromEntries(accepted)).toMatchObject({ events: 2, late: 1, audiences: 2, outbound: 0 })
      expect(inbound.totals).toEqual({ ...none, accepted: 4, pending: 4 })
      expect(outbound.totals).toEqual(none)
    })

    it('outcomes whose sum is what was accepted, in every lane, before, amid and after', async () => {
      await accept(...Array.from({ length: 6 }, (_, n) => makeTrack({ messageId: `m${n}` })))
      await accept(makeAudienceTrack(), makeLateTrack())
      const outcomes = ['delivered', 'filtered', 'skipped', 'rejected', 'delivered'] as const
      for (const outcome of [undefined, ...outcomes]) {
        if (outcome) await endEntries(world.store, 'con_1', 'events', [{ outcome }])
        const { lanes, inbound } = await read()
        for (const { totals } of [...Object.values(lanes), inbound]) {
          const { accepted = 0, ...ended } = totals
          expect(Object.values(ended).reduce((sum, count) => sum + count, 0)).toBe(accepted)
        }
      }
      expect((await read()).lanes.events?.totals).toEqual({
        ...{ accepted: 7, delivered: 2, filtered: 1, skipped: 1, rejected: 1, pending: 2 },
      })
    })

    it('the age of the oldest that waits', async () => {
      await accept(makeTrack())
      world.clock.ms += 30_000
      await accept(makeLateTrack())
      world.clock.ms += 12_000
      const { lanes, inbound, outbound } = await read()
      expect([lanes.events?.lagMs, lanes.late?.lagMs, inbound.lagMs, outbound.lagMs]).toEqual([
        ...[42_000, 12_000, 42_000, 0],
      ])
    })

    it('the age of an audience that waits as that of inbound', async () => {
      await accept(makeAudienceIdentify())
      world.clock.ms += 30_000
      expect(await read()).toMatchObject({
        lanes: { audiences: { lagMs: 30_000 } },
        inbound: { lagMs: 30_000, totals: { pending: 1 } },
      })
      await accept(makeTrack())
      world.clock.ms += 1_000
      expect((await read()).inbound.lagMs).toBe(31_000)
    })

    it('a series by minute of the last hour, both lanes of inbound added up', async () => {
      await accept(makeTrack(), makeLateTrack())
      world.clock.ms += 60_000
      await accept(makeTrack())
      const { inbound, lanes } = await read()
      const point = { delivered: 0, filtered: 0, skipped: 0, rejected: 0 }
      expect(inbound.series).toEqual([
        { at: minute(0), accepted: 2, ...point },
        { at: minute(1), accepted: 1, ...point },
      ])
      expect(lanes.late?.series).toEqual([{ at: minute(0), accepted: 1, ...point }])
      world.clock.ms += 2 * 3_600_000
      expect((await read()).inbound.series).toEqual([])
      expect((await read()).inbound.totals.accepted).toBe(3)
    })

    it('a series since a time and by a step that are asked for', async () => {
      for (let n = 0; n < 3; n += 1) {
        await accept(makeTrack())
        world.clock.ms += 40 * 60_000
      }
      const hours = (await read(`?since=${minute(0)}&step=hour`)).inbound.series
      expect(hours.map(({ at, accepted }) => [at, accepted])).toEqual([
        [minute(0), 2],
        [minute(60), 1],
      ])
      const days = (await read(`?since=${minute(0)}&step=day`)).inbound.series
      expect(days.map(({ at, accepted }) => [at, accepted])).toEqual([['2026-01-05T00:00:00.000Z', 3]])
    })
  })

  describe('refuses', () => {
    it.each(['step=year', 'since=yesterday'])('?%s with 422 and the name of the parameter', async (query) => {
      const { status, json } = await world.call('GET', `/api/v1/connections/con_1/stats?${query}`)
      const [path] = query.split('=')
      expect({ status, json }).toMatchObject({ status: 422, json: { errors: [{ path }] } })
    })

    it('an unknown connection with 404', async () => {
      expect(await world.call('GET', '/api/v1/connections/con_9/stats')).toMatchObject({ status: 404 })
    })
  })
})
