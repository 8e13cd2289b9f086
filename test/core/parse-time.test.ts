import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { parseTimeMs } from '../../core/segment-to-statsig/parse-time.ts'

const atMs = Date.UTC(2024, 0, 2, 3, 4, 5)

describe('parseTimeMs', () => {
  it.each([
    ['2024-01-02T03:04:05Z', atMs],
    ['2024-01-02t03:04:05z', atMs],
    ['2024-01-02 03:04:05Z', atMs],
    ['2024-01-02T03:04:05.6Z', atMs + 600],
    ['2024-01-02T03:04:05.678Z', atMs + 678],
    ['2024-01-02T03:04:05,678Z', atMs + 678],
    ['2024-01-02T03:04:05.678999999Z', atMs + 678],
    ['2024-01-02T03:04:05.000000001Z', atMs],
    ['2024-01-02T03:04:05+00:00', atMs],
    ['2024-01-02T03:04:05-00:00', atMs],
    ['2024-01-02T05:34:05+02:30', atMs],
    ['2024-01-01T19:04:05-0800', atMs],
    ['2024-01-02T05:04:05+02', atMs],
    ['2024-01-02T03:04Z', atMs - 5000],
    ['20240102T030405Z', atMs],
    ['2024-01-02', Date.UTC(2024, 0, 2)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['2024-01-02T24:00:00Z', Date.UTC(2024, 0, 3)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2016-12-31T15:59:60.5-08:00', Date.UTC(2017, 0, 1) + 500],
    ['1969-12-31T23:59:59.999Z', -1],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000],
  ])('reads %s', (text, expected) => {
    expect(parseTimeMs(text)).toBe(expected)
  })

  it.each([
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-02T25:00:00Z',
    '2024-01-02T24:00:01Z',
    '2024-01-02T03:60:00Z',
    '2024-01-02T03:04:61Z',
    '2024-01-02T03:04:60Z',
    '2024-01-02T03:04:05.Z',
    '2024-01-02T03:04:05+24:00',
    '2024-01-02T03:04:05+02:60',
    '2024-01-02T03:04:05+2',
    '2024-01-02T03:04:05 UTC',
    '2024-01-02T03:04:05Z ',
    ' 2024-01-02T03:04:05Z',
    '2024-01-02T',
    '2024-01-02T03',
    '2024-1-2T03:04:05Z',
    '2024-01/02T03:04:05Z',
    '+002024-01-02T03:04:05Z',
    '2024-W01-2',
    '2024-002',
    '20240102',
    '1704164645',
    '1704164645000',
    'Tue, 02 Jan 2024 03:04:05 GMT',
    'January 2, 2024',
    '٢٠٢٤-٠١-٠٢T٠٣:٠٤:٠٥Z',
    'now',
    '',
  ])('takes %j for no time', (text) => {
    expect(parseTimeMs(text)).toBeNaN()
  })

  it('tells seconds from milliseconds by their size', () => {
    expect(parseTimeMs(1_704_164_645)).toBe(atMs)
    expect(parseTimeMs(1_704_164_645_000)).toBe(atMs)
    expect(parseTimeMs(0)).toBe(0)
    expect(parseTimeMs(-1)).toBe(-1000)
    expect(parseTimeMs(99_999_999_999)).toBe(99_999_999_999_000)
    expect(parseTimeMs(100_000_000_000)).toBe(100_000_000_000)
  })

  it.each([1.5, NaN, Infinity, 8.64e15 + 2, 1e300, true, null, undefined, [], {}, ['2024-01-02']])(
    'takes %s for no time',
    (value) => {
      expect(parseTimeMs(value)).toBeNaN()
    },
  )

  it('reads a time without zone as UTC wherever the process runs', () => {
    const before = process.env.TZ
    try {
      process.env.TZ = 'America/Los_Angeles'
      expect(new Date(2024, 0, 2).getTimezoneOffset()).toBe(480)
      expect(parseTimeMs('2024-01-02T03:04:05')).toBe(atMs)
      expect(parseTimeMs('2024-01-02 03:04:05.25')).toBe(atMs + 250)
      expect(parseTimeMs('2024-01-02')).toBe(Date.UTC(2024, 0, 2))
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })

  it('reads back every time that toISOString writes with four digits of year', () => {
    const dates = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, (date) => parseTimeMs(date.toISOString()) === date.getTime()),
      { numRuns: 500 },
    )
  })

  it('agrees with the calendar on which days exist', () => {
    for (const year of [1900, 2000, 2023, 2024]) {
      for (let month = 1; month <= 12; month++) {
        for (let day = 28; day <= 31; day++) {
          const text = `${year}-${String(month).padStart(2, '0')}-${day}`
          const date = new Date(Date.UTC(year, month - 1, day))
          const exists = date.getUTCMonth() === month - 1
          expect([text, parseTimeMs(text)]).toEqual([text, exists ? date.getTime() : NaN])
        }
      }
    }
  })
})
