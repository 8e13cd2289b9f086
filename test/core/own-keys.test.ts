import { describe, expect, it } from 'vitest'
import { emptyJson, objectOr, own, ownReader } from '../../core/own-keys.ts'

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
