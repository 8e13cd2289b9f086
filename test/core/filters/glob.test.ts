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
})
