import { describe, expect, it } from 'vitest'
import { grantHealth, isWarned, renewEveryMs } from '../../core/segment-grant.ts'

const nowMs = Date.parse('2026-03-01T00:00:00Z')
const [hour, day] = [3_600_000, 86_400_000]
const grant = { canRefresh: true, refreshedAtMs: nowMs, expiresAtMs: nowMs + hour, deadReason: undefined }
const fixed = { ...grant, canRefresh: false }

describe('grantHealth', () => {
  it.each<[string, Parameters<typeof grantHealth>[0], string, boolean]>([
    ['is renewed in time', { ...grant, refreshedAtMs: nowMs - renewEveryMs }, 'good', false],
    ['could not be renewed twice', { ...grant, refreshedAtMs: nowMs - 2 * renewEveryMs }, 'dying', true],
    ['was refused', { ...grant, deadReason: 'Segment does not renew it.' }, 'ended', true],
    ['cannot be renewed and ends in a month', { ...fixed, expiresAtMs: nowMs + 30 * day }, 'good', false],
    [
      'cannot be renewed and ends in an hour, of ninety days',
      { ...fixed, refreshedAtMs: nowMs - 90 * day },
      'dying',
      true,
    ],
    [
      'has ended after ninety days',
      { ...fixed, refreshedAtMs: nowMs - 90 * day, expiresAtMs: nowMs },
      'ended',
      true,
    ],
    ['was made for an hour', fixed, 'dying', false],
    ['was made for an hour and has ended', { ...fixed, expiresAtMs: nowMs - hour }, 'ended', false],
    ['names no end', { ...fixed, expiresAtMs: undefined }, 'good', false],
  ])('of a grant that %s', (_, given, state, warned) => {
    const health = grantHealth(given, nowMs)
    expect(health.state).toBe(state)
    expect(health.says === undefined).toBe(state === 'good')
    expect(isWarned(given, nowMs)).toBe(warned)
  })
})
