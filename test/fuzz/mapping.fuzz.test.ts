// The mapping under every awkward message: a short seeded run. `npm run fuzz` is the long one.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { receivedAtMs } from './arbitraries.ts'
import { checkMapping, mapAll, mappingCase, newTally } from './mapping-property.ts'

const seed = 20260105

describe('mapSegmentMessage, under fuzzing', () => {
  it('gives each message one valid verdict, the same again and the same beside any neighbour', () => {
    const tally = newTally()
    fc.assert(
      fc.property(mappingCase, (made) => checkMapping(made, tally)),
      { numRuns: 1_500, seed },
    )
    for (const kind of ['mapped', 'filtered', 'skipped', 'rejected'] as const)
      expect([kind, tally[kind] > 100]).toEqual([kind, true])
  })

  describe('on machines elsewhere', () => {
    const here = process.env.TZ
    afterEach(() => {
      if (here === undefined) delete process.env.TZ
      else process.env.TZ = here
    })
    const cases = fc.sample(mappingCase, { numRuns: 200, seed })
    const mapThere = (zone: string) => {
      process.env.TZ = zone
      return cases.map((made) => mapAll(made, made.items))
    }

    it.each(['America/New_York', 'Asia/Kolkata', 'Pacific/Apia'])('maps in %s as in UTC', (zone) => {
      const inUtc = mapThere('UTC')
      const there = mapThere(zone)
      expect(new Date(receivedAtMs).getTimezoneOffset()).not.toBe(0)
      expect(there).toEqual(inUtc)
    })
  })
})
