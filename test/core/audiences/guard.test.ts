import { describe, expect, it } from 'vitest'
import { judgeRemovals, removalLimit } from '../../../core/audiences/guard.ts'

const base = { planned: 0, sent: 0, applied: 100, appliedMax: 100, adds: 0, approved: 0 }

describe('removalLimit', () => {
  it('is the greater of 10 and 20 %', () => {
    expect([0, 10, 50, 54, 55, 1_000, 1_004].map(removalLimit)).toEqual([10, 10, 10, 10, 11, 200, 200])
  })
})

describe('judgeRemovals', () => {
  it.each([
    [{ planned: 20 }, true],
    [{ planned: 21 }, false],
    [{ planned: 1, sent: 20 }, false],
    [{ planned: 1, sent: 19 }, true],
    [{ planned: 30, approved: 30 }, true],
    [{ planned: 51, approved: 30 }, false],
    [{ planned: 50, approved: 30 }, true],
    // The list has shrunk since: what counts is the most that it had.
    [{ planned: 10, sent: 10, applied: 90 }, true],
  ])('of %j says %s', (given, pass) => {
    expect(judgeRemovals({ ...base, ...given }).pass).toBe(pass)
  })

  it('never lets a list of ten or more be emptied, be it by one removal a day', () => {
    const last = { planned: 1, applied: 1, sent: 9, appliedMax: 10 }
    expect(judgeRemovals({ ...base, ...last })).toMatchObject({ pass: false, rule: 'would_empty' })
    expect(judgeRemovals({ ...base, planned: 10, applied: 10, appliedMax: 10 }).pass).toBe(false)
    expect(judgeRemovals({ ...base, planned: 9, applied: 9, appliedMax: 9 }).pass).toBe(true)
    expect(judgeRemovals({ ...base, planned: 10, applied: 10, appliedMax: 10, adds: 1 }).pass).toBe(true)
  })
})
