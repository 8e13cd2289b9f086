import { describe, expect, it } from 'vitest'
import { emptyJson, mergeUnder, objectOr, own, ownReader } from '../../core/own-keys.ts'

const withProto = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as Record<string, unknown>

describe('own', () => {
  it('finds own keys of any name and no inherited ones', () => {
    expect(own({ constructor: 1 }, 'constructor')).toBe(1)
    expect(own({}, 'constructor')).toBeUndefined()
    expect(own(withProto, '__proto__')).toEqual({ polluted: true })
    expect(own({}, '__proto__')).toBeUndefined()
  })
})

describe('ownReader', () => {
  it('says the same as own, for names that objects inherit and names that they do not', () => {
    for (const key of ['a', 'constructor', 'toString', '__proto__']) {
      for (const object of [withProto, {}, { constructor: 2, toString: 3 }]) {
        expect(ownReader(key)(object)).toEqual(own(object, key))
      }
    }
  })
})

describe('objectOr', () => {
  it('takes absent, null and [] for an empty object, and hands back the rest', () => {
    for (const value of [undefined, null, []]) expect(objectOr(value, 'other')).toBe(emptyJson)
    for (const value of [[1], 'x', 0, false]) expect(objectOr(value, 'other')).toBe('other')
  })
})

describe('mergeUnder', () => {
  it('lets the upper object win, down to three levels, and fills what is null there', () => {
    const base = { a: { b: { c: { d: 1, e: 1 }, f: 1 } }, g: 1, h: 1 }
    const over = { a: { b: { c: { d: 2 } } }, g: null, i: 2 }
    expect(mergeUnder(base, over)).toEqual({ a: { b: { c: { d: 2 }, f: 1 } }, g: 1, h: 1, i: 2 })
  })

  it('changes no prototype and leaves both objects as they were', () => {
    const over = Object.freeze({ b: 2 })
    const merged = mergeUnder(Object.freeze(withProto), over)
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(merged).toEqual({ a: 1, b: 2 })
  })
})
