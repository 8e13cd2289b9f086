import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventsTextOf } from '../../../sandbox/statsig/events-text.ts'

const cut = (text: string) => eventsTextOf(Buffer.from(text)).toString()

describe('eventsTextOf', () => {
  it.each([
    ['events that come first', '{"events":[{"a":1},{"b":2}],"x":1}', '{"a":1},{"b":2}'],
    ['events that come last', '{"x":{"events":[9]},"y":"events","events":[1]}', '1'],
    ['an empty array', '{"events":[]}', ''],
    ['spaces and line breaks', ' {\n\t"x" : 1.5e3 , "events" : [ {"a": 1} ] }\r\n', ' {"a": 1} '],
    [
      'brackets, quotes and backslashes in strings',
      String.raw`{"a":"]}\\","events":["[\"","\\"]}`,
      String.raw`"[\"","\\"`,
    ],
    ['the last of two', '{"events":[1],"events":[2]}', '2'],
    ['a name written with an escape', String.raw`{"\u0065vents":[1]}`, '1'],
    [
      'numbers as they were written',
      '{"events":[1.0,12345678901234567890,-0]}',
      '1.0,12345678901234567890,-0',
    ],
  ])('cuts out %s', (_, text, expected) => {
    expect(cut(text)).toBe(expected)
  })

  it('cuts out of any body what JSON.parse sees in it', () => {
    const body = fc.record({
      before: fc.jsonValue(),
      events: fc.array(fc.jsonValue()),
      after: fc.jsonValue(),
    })
    fc.assert(
      fc.property(body, fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        const parsed = JSON.parse(text) as typeof value
        expect(JSON.parse(`[${cut(text)}]`)).toEqual(parsed.events)
      }),
    )
  })
})
