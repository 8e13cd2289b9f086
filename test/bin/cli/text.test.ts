import { describe, expect, it } from 'vitest'
import {
  cut,
  jsonText,
  padded,
  paint,
  painted,
  shown,
  shownLines,
  visible,
  word,
} from '../../../bin/cli/text.ts'
import { facts, table } from '../../../bin/cli/table.ts'

const escape = '\u001b'
const nasty = `a${escape}[31mb\u0007c\u009bd\u202ee\u2028f\r\n\tg\ud800`

describe('visible', () => {
  it('writes control characters, turns of direction and half surrogates as escapes, on one line', () => {
    expect(visible(nasty)).toBe('a\\u001b[31mb\\u0007c\\u009bd\\u202ee\\u2028f\\r\\n\\tg\ufffd')
  })
  it('leaves letters of any script and emoji alone', () => {
    expect(visible('Bestellung größer 注文 🎉')).toBe('Bestellung größer 注文 🎉')
  })
})

describe('shown', () => {
  it('escapes what it is made of, and not what was escaped already', () => {
    const inner = shown`<${nasty}>`
    expect(shown`${inner}!`.plain).toBe(`<${visible(nasty)}>!`)
  })
  it('keeps colours apart from the text, and a vendor cannot add one', () => {
    const text = paint.bad(`${escape}[32mgreen`)
    expect(text.plain).toBe('\\u001b[32mgreen')
    expect(text.styled).toBe(`${escape}[31m\\u001b[32mgreen${escape}[39m`)
  })
  it('shows nothing for what is absent', () => {
    expect(shown`${undefined}${null}.`.plain).toBe('.')
  })
})

describe('painted', () => {
  it('gives an outcome its colour, and a name of Object.prototype none', () => {
    expect(painted('rejected').styled).toContain(`${escape}[31m`)
    expect(painted('constructor').styled).toBe('constructor')
  })
})

describe('jsonText', () => {
  it('stays the same JSON, with everything invisible escaped', () => {
    const text = jsonText({ nasty: nasty.slice(0, -1) }, 2)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/)
    expect(JSON.parse(text)).toEqual({ nasty: nasty.slice(0, -1) })
  })
  it('says null for what JSON has no word for', () => {
    expect(jsonText(undefined)).toBe('null')
  })
})

describe('shownLines', () => {
  it('keeps line breaks and escapes the rest', () => {
    expect(shownLines(`a,${escape}[1m\r\nb`).plain).toBe('a,\\u001b[1m\nb')
  })
})

describe('word', () => {
  it('is one word of a shell, whatever a vendor called it', () => {
    expect(word('big_spenders')).toBe('big_spenders')
    expect(word("a'; rm -rf $(x)")).toBe(`'a'\\''; rm -rf $(x)'`)
  })
})

describe('cut', () => {
  it('cuts by characters, never inside one', () => {
    expect(cut(shown`🎉🎉🎉🎉`, 3).plain).toBe('🎉🎉…')
    expect(cut(shown`abc`, 3).plain).toBe('abc')
  })
})

describe('padded', () => {
  it('does not count colours as width', () => {
    expect(padded(paint.good('ok'), 4).styled).toBe(`${escape}[32mok${escape}[39m  `)
  })
})

describe('table', () => {
  it('sets numbers right and makes columns as wide as they need to be', () => {
    expect(
      table(
        ['name', 'count'],
        [
          ['a', 1],
          ['long name', 1_000],
        ],
      ).plain,
    ).toBe(['name       count', 'a              1', 'long name   1000'].join('\n'))
  })
  it('cuts the widest column where the screen is narrow, and no line is wider than it', () => {
    const rows = [['id_1', 'x'.repeat(200), 'y'.repeat(60)]]
    const lines = table(['id', 'event', 'why'], rows, { columns: 60 }).plain.split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
    expect(lines[1]).toMatch(/^id_1 {2}x+… {2}y+…$/)
  })
  it('keeps a row on its line whatever a cell holds', () => {
    expect(table(['name'], [[`a\nb${escape}[2J`]]).plain.split('\n')).toHaveLength(2)
  })
})

describe('facts', () => {
  it('leaves out what is absent', () => {
    expect(
      facts([
        ['id', 'a'],
        ['reason', undefined],
        ['detail', ''],
      ]).plain,
    ).toBe('id  a')
  })
})
