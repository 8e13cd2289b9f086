import { describe, expect, it } from 'vitest'
import { hourMs, quietSinceMs, type WebhookHour } from '../../core/webhook-quiet.ts'

const start = 490_000
const hours = (from: number, count: number, requests = 100): WebhookHour[] =>
  Array.from({ length: count }, (_, at) => ({ hour: start + from + at, requests }))
const quiet = (seen: WebhookHour[], atHour: number) => {
  const since = quietSinceMs(seen, (start + atHour) * hourMs + 60_000)
  return since === undefined ? undefined : since / hourMs - start
}

describe('quietSinceMs', () => {
  it('tells of a webhook that was busy in the same hours of the day before', () => {
    expect(quiet(hours(0, 30), 30)).toBeUndefined()
    expect(quiet(hours(0, 30), 31)).toBeUndefined()
    expect(quiet(hours(0, 30), 32)).toBe(30)
    expect(quiet(hours(0, 30), 60)).toBe(30)
  })
  it('takes no night for a fault, and a morning without traffic for one', () => {
    const days = [...hours(0, 14), ...hours(24, 14)]
    expect(quiet(days, 38 + 5)).toBeUndefined()
    expect(quiet(days, 48 + 1)).toBeUndefined()
  })
  it('measures a webhook without a yesterday by the six hours before its silence', () => {
    expect(quiet(hours(0, 6), 8)).toBe(6)
    expect(quiet(hours(0, 5), 7)).toBeUndefined()
  })
  it('says nothing of one that was never busy or never there', () => {
    expect(quiet(hours(0, 30, 2), 40)).toBeUndefined()
    expect(quiet([], 40)).toBeUndefined()
  })
  it('is over with the next request', () => {
    expect(quiet([...hours(0, 30), ...hours(33, 1, 1)], 34)).toBeUndefined()
  })
})
