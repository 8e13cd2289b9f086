import { describe, expect, it } from 'vitest'
import { leastCalls, listIdPattern, sizeWarnings } from '../../../core/audiences/limits.ts'
import { waitMs } from '../../../core/audiences/debounce.ts'
import { compareMoments, nanosBelowMs } from '../../../core/audiences/moment.ts'
import { idTypeOf } from '../../../core/audiences/unit.ts'

const codes = (listIds: number, projectIds: number) =>
  sizeWarnings({ listIds, projectIds }, 0).map(({ code }) => code)

describe('sizeWarnings', () => {
  it('warns over a thousand ids, and from 80 % of the project cap', () => {
    expect(codes(1_000, 7_999_999)).toEqual([])
    expect(codes(1_001, 8_000_000)).toEqual(['over_1000_ids', 'project_cap_near'])
  })
})

describe('leastCalls', () => {
  it('is one call for each begun hundred thousand, adds and removals apart', () => {
    expect([leastCalls(0, 0), leastCalls(1, 1), leastCalls(100_000, 0), leastCalls(1_000_001, 0)]).toEqual([
      0, 2, 1, 11,
    ])
  })
})

describe('listIdPattern', () => {
  it('is what a segment may be named', () => {
    expect(['vip_1', 'a-b', 'ab', 'a b', 'ä_b', 'x'.repeat(101)].map((id) => listIdPattern.test(id))).toEqual(
      [...[true, true, false, false, false, false]],
    )
  })
})

describe('waitMs', () => {
  it('is two seconds after the last change and fifteen after the first at most', () => {
    expect(waitMs({ firstMs: 0, lastMs: 0 }, 0)).toBe(2_000)
    expect(waitMs({ firstMs: 0, lastMs: 14_000 }, 14_000)).toBe(1_000)
    expect(waitMs({ firstMs: 0, lastMs: 0 }, 3_000)).toBe(0)
  })
})

describe('compareMoments', () => {
  it('goes down to the nanosecond', () => {
    expect(nanosBelowMs('2026-01-05T11:59:59.066179Z')).toBe(179_000)
    expect(nanosBelowMs('2026-01-05T11:59:59.066Z')).toBe(0)
    expect(nanosBelowMs(1_700_000_000)).toBe(0)
    expect(compareMoments({ atMs: 1, atNs: 2 }, { atMs: 1, atNs: 1 })).toBeGreaterThan(0)
    expect(compareMoments({ atMs: 1, atNs: 2 }, { atMs: 2, atNs: 1 })).toBeLessThan(0)
  })
})

describe('idTypeOf', () => {
  it('is the type that a unit is mapped to, and userID unless set', () => {
    const identifiers = [{ from: 'anonymousId', to: 'segmentAnonymousId' }]
    const types = ['userId', 'userID', 'anonymousId', 'segmentAnonymousId', 'email', 'companyID']
    expect(types.map((unit) => idTypeOf(unit, identifiers))).toEqual([
      ...['userID', 'userID', 'segmentAnonymousId', 'segmentAnonymousId', 'userID', undefined],
    ])
  })
})
