import { describe, expect, it } from 'vitest'
import { differenceOf } from '../../console/pages/message/difference.ts'

const told = (before: string[], after: string[]) =>
  differenceOf(before, after).map(({ kind, text }) => ({ same: ' ', added: '+', removed: '-' })[kind] + text)

describe('differenceOf', () => {
  it('says nothing of what is the same', () => {
    expect(told(['a', 'b'], ['a', 'b'])).toEqual([' a', ' b'])
    expect(told([], [])).toEqual([])
  })

  it('tells a changed line as one taken out and one put in, and keeps what is about it', () => {
    expect(told(['{', '"a": 1', '}'], ['{', '"a": 2', '}'])).toEqual([' {', '-"a": 1', '+"a": 2', ' }'])
  })

  it('finds what both have in the middle', () => {
    expect(told(['x', 'a', 'b', 'y'], ['a', 'z', 'b'])).toEqual(['-x', ' a', '+z', ' b', '-y'])
  })

  it('tells all of one side where the other has nothing', () => {
    expect(told([], ['a', 'b'])).toEqual(['+a', '+b'])
    expect(told(['a', 'b'], [])).toEqual(['-a', '-b'])
  })

  it('gives both sides back whole, whatever they are', () => {
    const words = ['a', 'b', 'c']
    for (let n = 0; n < 200; n++) {
      const side = (salt: number) =>
        Array.from({ length: (n * salt) % 7 }, (_, at) => words[(n * salt + at * at) % 3] ?? '')
      const [before, after] = [side(5), side(11)]
      const lines = differenceOf(before, after)
      expect(lines.filter(({ kind }) => kind !== 'added').map(({ text }) => text)).toEqual(before)
      expect(lines.filter(({ kind }) => kind !== 'removed').map(({ text }) => text)).toEqual(after)
    }
  })

  it('tells large bodies that have nothing in common without comparing each line with each', () => {
    const lines = (from: string) => Array.from({ length: 20_000 }, (_, n) => `${from}${n}`)
    expect(differenceOf(lines('a'), lines('b'))).toHaveLength(40_000)
  })
})
