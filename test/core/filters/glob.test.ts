import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, GlobError } from '../../../core/filters/glob.ts'

const matches = (pattern: string, name: string) => compileGlob(pattern)(name)

function refusalOf(pattern: string): GlobError {
  try {
    compileGlob(pattern)
  } catch (error) {
    if (error instanceof GlobError) return error
  }
  throw new Error(`${pattern} was not refused`)
}

describe('compileGlob', () => {
  it.each([
    ['Order *', 'Order Completed'],
    ['Order*', 'Order'],
    ['*', ''],
    ['*', 'a/b\n\u0000'],
    ['*.csv', '.csv'],
    ['a*b*c', 'a-b-b-c'],
    ['a*b*c', 'abbc'],
    ['?', '😀'],
    ['a?c', 'a\nc'],
    ['[A-C]x', 'Bx'],
    ['[!A-C]x', 'Dx'],
    ['[^A-C]x', 'Dx'],
    ['[a-]', '-'],
    ['[\\]]', ']'],
    ['{Order,Cart} *', 'Cart Viewed'],
    ['{Order,}x', 'x'],
    ['\\*', '*'],
    ['\\{a\\}', '{a}'],
    ['/home/*', '/home/a/b'],
    ['*a*', 'bab'],
    ['**', 'anything'],
  ])('takes %j to match %j', (pattern, name) => {
    expect(matches(pattern, name)).toBe(true)
  })

  it.each([
    ['Order *', 'Order'],
    ['order *', 'Order Completed'],
    ['?', ''],
    ['?', 'ab'],
    ['a*b*c', 'a-c-b'],
    ['[A-C]x', 'Dx'],
    ['[!A-C]x', 'Bx'],
    ['{Order,Cart} *', 'Car Viewed'],
    ['\\*', 'a'],
    ['', 'a'],
    ['*a', 'ab'],
  ])('takes %j not to match %j', (pattern, name) => {
    expect(matches(pattern, name)).toBe(false)
  })

  it.each([
    ['Order [', 6, 'never closed'],
    ['Order {a', 6, 'never closed'],
    ['a}', 1, 'opens'],
    ['{a,{b}}', 3, 'nest'],
    ['ab\\', 2, 'escapes nothing'],
    ['a[]', 1, 'empty'],
    ['[z-a]', 1, 'backwards'],
    ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', 30, 'at most 64'],
    ['a'.repeat(257), 256, 'at most 256'],
  ])('refuses %j at character %i', (pattern, at, message) => {
    expect(refusalOf(pattern)).toMatchObject({ at, message: expect.stringContaining(message) as string })
  })

  it('takes a pattern of many stars that almost matches no longer than its length times the name', () => {
    const matchesName = compileGlob(`${'*a'.repeat(120)}b`)
    const startedAt = process.cpuUsage()
    for (let run = 0; run < 100; run++) expect(matchesName('a'.repeat(256))).toBe(false)
    const { user } = process.cpuUsage(startedAt)
    expect(user / 1000).toBeLessThan(2_000)
  })

  it('matches as the regular expression of the same meaning does', () => {
    const parts: [glob: string, regex: string][] = [
      ['a', 'a'],
      ['b', 'b'],
      ['.', '\\.'],
      ['*', '[^]*'],
      ['?', '[^]'],
      ['[ab]', '[ab]'],
      ['[!a]', '[^a]'],
      ['{a,bb}', '(?:a|bb)'],
      ['\\*', '\\*'],
    ]
    const pattern = fc.array(fc.constantFrom(...parts), { maxLength: 7 })
    const name = fc.array(fc.constantFrom('a', 'b', '.', '*', '/'), { maxLength: 9 })
    fc.assert(
      fc.property(pattern, name, (some, chars) => {
        const regex = new RegExp(`^${some.map(([, part]) => part).join('')}$`)
        const glob = some.map(([part]) => part).join('')
        fc.pre(glob !== '' && some.filter(([part]) => part.startsWith('{')).length <= 6)
        expect(matches(glob, chars.join(''))).toBe(regex.test(chars.join('')))
      }),
      { numRuns: 3_000 },
    )
  })
})
