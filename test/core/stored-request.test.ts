import { describe, expect, it } from 'vitest'
import { parseBody } from '../../core/stored-request.ts'

describe('parseBody', () => {
  it('drops a byte order mark and nothing else', () => {
    expect(parseBody(Buffer.from('\ufeff{"a":"\ufeff"}'))).toEqual({ a: '\ufeff' })
  })

  it('reads broken UTF-8 as U+FFFD and leaves the rest as it was', () => {
    const body = Buffer.concat([Buffer.from('{"a":"x'), Buffer.from([0xff, 0xc3]), Buffer.from('y","b":1}')])
    expect(parseBody(body)).toEqual({ a: 'x\ufffd\ufffdy', b: 1 })
  })

  it('takes the last of the values that a name is given', () => {
    expect(parseBody(Buffer.from('{"a":1,"b":2,"a":3}'))).toEqual({ a: 3, b: 2 })
  })

  it('makes an own key of __proto__', () => {
    expect(Object.keys(parseBody(Buffer.from('{"__proto__":1}')) as object)).toEqual(['__proto__'])
  })

  it.each([
    ['two documents', Buffer.from('{}{}')],
    ['lines of documents', Buffer.from('{}\n{}')],
    ['a NUL behind the document', Buffer.from('{}\0')],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', (_, body) => {
    expect(() => parseBody(body)).toThrow(SyntaxError)
  })

  it('reads 100,000 levels', () => {
    const body = Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))
    expect(Array.isArray(parseBody(body))).toBe(true)
  })
})
