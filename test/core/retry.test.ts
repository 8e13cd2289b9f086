import { describe, expect, it } from 'vitest'
import { meaningOf, parseRetryAfter, retryAfterMsMax, type Answer } from '../../core/retry.ts'

const nowMs = Date.parse('2026-01-05T12:00:00.000Z')

describe('parseRetryAfter', () => {
  it.each<[string | null, number | undefined]>([
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['3600', 3_600_000],
    ['3601', retryAfterMsMax],
    ['99999999999999999999', retryAfterMsMax],
    ['Mon, 05 Jan 2026 12:00:30 GMT', 30_000],
    ['Monday, 05-Jan-26 12:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 11:59:00 GMT', 0],
    ['Tue, 06 Jan 2026 12:00:00 GMT', retryAfterMsMax],
    [null, undefined],
    ['', undefined],
    ['   ', undefined],
    ['soon', undefined],
  ])('reads %j as %s ms', (header, ms) => {
    expect(parseRetryAfter(header, nowMs)).toBe(ms)
  })

  it('is at most an hour', () => {
    expect(retryAfterMsMax).toBe(3_600_000)
  })
})

describe('meaningOf', () => {
  it.each<[number | undefined, Answer]>([
    [200, 'accepted'],
    [202, 'accepted'],
    [204, 'accepted'],
    [299, 'accepted'],
    [400, 'refused'],
    [411, 'refused'],
    [414, 'refused'],
    [415, 'refused'],
    [422, 'refused'],
    [401, 'key'],
    [403, 'key'],
    [413, 'too_large'],
    [301, 'wait'],
    [308, 'wait'],
    [404, 'wait'],
    [405, 'wait'],
    [408, 'wait'],
    [429, 'wait'],
    [499, 'wait'],
    [500, 'wait'],
    [502, 'wait'],
    [503, 'wait'],
    [599, 'wait'],
    [undefined, 'wait'],
  ])('takes the status %s for: %s', (status, meaning) => {
    expect(meaningOf({ status, text: '' })).toBe(meaning)
  })

  it.each<[string, Answer]>([
    ['{"success":true}', 'accepted'],
    ['{"success":false}', 'wait'],
    [' {\n "success" : false, "why": "…"}', 'wait'],
    ['{"success":"false"}', 'accepted'],
    ['{"nested":{"success":false}}', 'accepted'],
    ['ok', 'accepted'],
  ])('takes 202 with the text %j for: %s', (text, meaning) => {
    expect(meaningOf({ status: 202, text })).toBe(meaning)
  })

  it('does not look at the text of a status that says enough', () => {
    expect(meaningOf({ status: 400, text: '{"success":false}' })).toBe('refused')
    expect(meaningOf({ status: undefined, text: '{"success":true}' })).toBe('wait')
  })
})
