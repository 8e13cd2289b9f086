import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { given, listOf, oneOf, several, wholeNumber } from '../../../bin/cli/arguments.ts'
import { lengthOf, parseWhen } from '../../../bin/cli/when.ts'

const nowMs = Date.parse('2026-01-05T12:00:00.000Z')

describe('parseWhen', () => {
  it.each([
    ['now', '2026-01-05T12:00:00.000Z'],
    ['90s', '2026-01-05T11:58:30.000Z'],
    ['2h', '2026-01-05T10:00:00.000Z'],
    ['7d', '2025-12-29T12:00:00.000Z'],
    ['1w', '2025-12-29T12:00:00.000Z'],
    ['2026-01-04', '2026-01-04T00:00:00.000Z'],
    ['2026-01-04T08:30', '2026-01-04T08:30:00.000Z'],
    ['2026-01-04 08:30:15', '2026-01-04T08:30:15.000Z'],
    ['2026-01-04T08:30:15.5Z', '2026-01-04T08:30:15.500Z'],
    ['2026-01-04T08:30:00+02:00', '2026-01-04T06:30:00.000Z'],
    ['2026-01-04T08:30:00+0200', '2026-01-04T06:30:00.000Z'],
  ])('reads %s as a moment in UTC, whatever the zone of this machine', (text, moment) => {
    expect(parseWhen(text, nowMs)).toBe(moment)
  })
  it.each([
    '',
    'yesterday',
    '5',
    '5x',
    '-1d',
    '2026-02-30',
    '2026-13-01',
    '2026-01-04T25:00',
    '04.01.2026',
    '99999999w',
  ])('refuses %j instead of guessing', (text) => {
    expect(() => parseWhen(text, nowMs)).toThrow(InvalidArgumentError)
  })
})

describe('lengthOf', () => {
  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [18_720, '5 h 12 min'],
    [183_600, '2 d 3 h'],
  ])('says %d seconds in the two largest units: %s', (seconds, text) => {
    expect(lengthOf(seconds)).toBe(text)
  })
})

describe('wholeNumber', () => {
  it('takes both bounds and nothing beyond, no fraction, sign or blank', () => {
    const parse = wholeNumber(1, 500)
    expect([parse('1'), parse('500')]).toEqual([1, 500])
    for (const text of ['0', '501', '1.5', '-1', ' 1', '1e2', ''])
      expect(() => parse(text)).toThrow(InvalidArgumentError)
  })
})

describe('listOf', () => {
  it('takes commas and repetitions alike', () => {
    const parse = listOf(oneOf(['track', 'page']))
    expect(parse('page', parse('track, page'))).toEqual(['track', 'page', 'page'])
    expect(() => parse('trak')).toThrow(/track, page/)
  })
})

describe('several', () => {
  it('keeps a comma as part of a name', () => {
    expect(several('a,b', several('c'))).toEqual(['c', 'a,b'])
  })
})

describe('given', () => {
  it('keeps null and false, and drops what was not given', () => {
    expect(given({ a: null, b: false, c: undefined })).toEqual({ a: null, b: false })
  })
})
