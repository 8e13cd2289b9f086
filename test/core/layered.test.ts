import { describe, expect, it } from 'vitest'
import { ownReader } from '../../core/own-keys.ts'
import { Layered } from '../../core/segment-to-statsig/layered.ts'

const read = (from: unknown, ...keys: string[]): unknown =>
  keys.reduce((object, key) => (object instanceof Layered ? object.get(ownReader(key)) : object), from)

describe('Layered', () => {
  const under = JSON.parse('{"__proto__":{"x":1},"a":{"b":{"c":{"d":1},"f":1}},"g":1,"h":1}') as object
  const over = { a: { b: { c: { d: 2 } } }, g: null, h: 'x', i: 2 }
  const layered = new Layered(over, { ...under })

  it('lets the upper object win and reads below what is null or absent there', () => {
    expect(['g', 'h', 'i', 'j'].map((key) => read(layered, key))).toEqual([1, 'x', 2, undefined])
  })

  it('goes three levels deep and no further', () => {
    expect(read(layered, 'a', 'b', 'f')).toBe(1)
    expect(read(layered, 'a', 'b', 'c')).toEqual({ d: 2 })
  })

  it('does not look below a value of another kind', () => {
    expect(read(new Layered({ app: 'x' }, { app: { version: '1' } }), 'app')).toBe('x')
    expect(read(new Layered({ app: {} }, { app: 'x' }), 'app')).toEqual({})
  })

  it('finds own keys alone', () => {
    expect(read(layered, 'constructor')).toBeUndefined()
    expect(read(new Layered({}, {}), '__proto__')).toBeUndefined()
  })
})
