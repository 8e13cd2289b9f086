import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanText, cutText, isBlank, isClean, jsonLength, utf8Length } from '../../core/text.ts'

/** Every code unit in any order: whole pairs, halves, controls. */
const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
const nasty = fc.oneof(
  units.map((codes) => String.fromCharCode(...codes)),
  fc
    .array(fc.constantFrom('\0', '\ud83d', '\ude00', '"', '\\', '\n', '\x01', 'a'), { maxLength: 40 })
    .map((a) => a.join('')),
)

describe('cleanText', () => {
  it('replaces NUL and half surrogates and keeps whole pairs', () => {
    expect(cleanText('a\0b')).toBe('a\ufffdb')
    expect(cleanText('\ud83d\ude00\ud83d')).toBe('\ud83d\ude00\ufffd')
    expect(cleanText('\ude00\ud83d')).toBe('\ufffd\ufffd')
  })

  it('does as the engine does for half surrogates, in short and long text', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const expected = Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\ufffd')
        expect(cleanText(text)).toBe(expected)
        expect(isClean(text)).toBe(expected === text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('jsonLength', () => {
  it('is the length of the JSON text of any clean text', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const clean = cleanText(text)
        expect(jsonLength(clean)).toBe(JSON.stringify(clean).length)
      }),
      { numRuns: 500 },
    )
  })
})

describe('utf8Length', () => {
  it('counts the bytes that go over the wire', () => {
    fc.assert(
      fc.property(nasty, (text) => utf8Length(text) === Buffer.byteLength(text)),
      { numRuns: 500 },
    )
  })
})

describe('cutText', () => {
  it('never cuts a character in half', () => {
    expect(cutText('ab\ud83d\ude00', 3)).toBe('ab')
    expect(cutText('ab\ud83d\ude00', 4)).toBe('ab\ud83d\ude00')
  })
})

describe('isBlank', () => {
  it('knows white space of every kind', () => {
    for (const text of ['', ' ', '\t\n', '\u00a0', '\u3000']) expect(isBlank(text)).toBe(true)
    for (const text of ['0', ' a', 'ü', '\0']) expect(isBlank(text)).toBe(false)
  })
})
