import { describe, expect, it } from 'vitest'
import { shownJson } from '../../core/shown-json.ts'

const nested = (levels: number): unknown => JSON.parse('{"a":['.repeat(levels / 2) + ']}'.repeat(levels / 2))

describe('shownJson', () => {
  it('hands back what is not deep as it is', () => {
    const value: unknown = JSON.parse('{"__proto__":{"x":1},"a":[1,null,"\\ud800",{"b":{}}],"c":true}')
    expect(JSON.stringify(shownJson(value))).toBe(JSON.stringify(value))
    expect(shownJson(nested(100))).toEqual(nested(100))
  })

  it('puts a text in the place of what is deeper than 100 levels', () => {
    const shown = JSON.stringify(shownJson(nested(100_000)))
    expect(shown).toContain('deeper than 100 levels')
    expect(shown.length).toBeLessThan(1_000)
  })
})
