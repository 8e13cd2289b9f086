import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { provenBySegment, type Proven } from '../../api/segment-signature.ts'

const secret = 'shared-secret'
const sign = (text: string, key = secret) => createHmac('sha1', key).update(text).digest('hex')
const verify = (header: string, body: string) =>
  provenBySegment(header, secret, Buffer.from(body), JSON.parse(body))

const first = {
  ...{ type: 'track', event: 'Prêt "à" {porter} 🧦', userId: 'u1', messageId: 'm1' },
  properties: { note: '}{][\\', path: 'C:\\', nested: { list: [1, { a: '"' }], none: null }, json: 'x' },
}
const second = { type: 'track', event: 'Second', userId: 'u2', messageId: 'm2' }
const json = JSON.stringify
/** What an audience's setting puts behind each message. */
const extras = { list: 'vip', region: { of: 'EU' } }

/** What each sender signs, and the body that it sends. */
const forms: [string, string, string, Proven][] = [
  ['one message', json(first), json(first), 'all'],
  ['an array, of which the first element is signed', json(first), json([first, second]), 'first'],
  ['an array of one', json(first), json([first]), 'all'],
  ['an array that is signed whole', json([first, second]), json([first, second]), 'all'],
  [
    'wrapped elements, of which the first message is signed',
    ...([json(first), json([{ json: first }, second]), 'first'] as const),
  ],
  ['one wrapped message', json(first), json({ json: first }), 'all'],
  [
    'a wrapped element that is signed with its wrapping',
    json({ json: first }),
    json([{ json: first }]),
    'all',
  ],
  [
    'a message of an audience, signed without its extra fields',
    ...([json(first), json({ ...first, ...extras }), 'first'] as const),
  ],
  [
    'an array of an audience, of which the first message is signed without its extra fields',
    ...([json(first), json([first, second].map((one) => ({ ...one, ...extras }))), 'first'] as const),
  ],
  [
    'an array of an audience that is signed whole, without the extra fields',
    ...([json([first, second]), json([first, second].map((one) => ({ ...one, ...extras }))), 'all'] as const),
  ],
]

describe('provenBySegment', () => {
  it('knows a signature that another program made', () => {
    const body = '{"type":"track","event":"Prêt","userId":"u1","messageId":"m1"}'
    expect(verify('8aadf0d3580153e2b410c8b1e0f0742c26a623e9', body)).toBe('all')
  })

  it.each(forms)('takes %s, and says how much it proves', (_, signed, body, proven) => {
    expect(verify(sign(signed), body)).toBe(proven)
    expect(verify(sign(signed).toUpperCase(), body)).toBe(proven)
  })

  it.each(forms)('takes %s, laid out anew on the way', (_, signed, body, proven) => {
    expect(verify(sign(signed), JSON.stringify(JSON.parse(body), null, 2))).toBe(proven)
  })

  it.each([
    ['an array', '[ {"n": 1.0, "b":"ü"} , 2 ]', '{"n": 1.0, "b":"ü"}'],
    ['a wrapped element', '[ { "json" : {"n": 1.0} } , {}]', '{"n": 1.0}'],
    ['one message with space around it', '\n {"n": 1.0}\n', '{"n": 1.0}'],
  ])('takes the exact bytes of %s, though JavaScript would write them otherwise', (_, body, signed) => {
    expect(verify(sign(signed), body)).not.toBe('nothing')
  })

  it.each<[string, string, string]>([
    ['another secret', sign(json(first), 'other'), json(first)],
    ['a signature of another message', sign(json(second)), json(first)],
    ['a signature of the second element', sign(json(second)), json([first, second])],
    ['an altered byte', sign(json(first)), json(first).replace('u1', 'u9')],
    ['an empty signature', '', json(first)],
    ['a shortened signature', sign(json(first)).slice(0, -1), json(first)],
    ['two signatures in one header', `${sign(json(first))}, ${sign(json(first))}`, json(first)],
    ['a signature in base64', Buffer.from(sign(json(first)), 'hex').toString('base64'), json(first)],
    ['a signature of nothing under an empty array', sign(''), '[]'],
    ['a signature of the inside of a wrapping that has more', sign('{"n":1}'), '[{"json":{"n":1},"x":2}]'],
    [
      'a signature of the first of two values of one name',
      sign('{"n":1}'),
      '[{"json":{"n":1},"json":{"n":2}}]',
    ],
    ['a signature of the value of another name', sign('{"n":1}'), '[{"data":{"n":1}}]'],
  ])('refuses %s', (_, header, body) => {
    expect(verify(header, body)).toBe('nothing')
  })

  it('looks for extra fields behind a message only so far, and never in front', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`extra${n}`, n]))
    expect(verify(sign(json(second)), json({ ...second, ...many }))).toBe('nothing')
    expect(verify(sign(json(second)), json({ list: 'vip', ...second }))).toBe('nothing')
  })

  it('spends little on a large body whose signature is made up', () => {
    const large = json(
      Array.from({ length: 40_000 }, (_, n) => ({ ...second, messageId: `m-${n}`, ...extras })),
    )
    const before = process.cpuUsage()
    expect(verify(sign('made up'), large)).toBe('nothing')
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000)
  })

  it('refuses nesting beyond all measure without breaking', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    expect(verify(sign('x'), deep)).toBe('nothing')
    expect(verify(sign('x'), `[{"json":{"a":${deep}}}]`)).toBe('nothing')
    expect(verify(sign(deep), deep)).toBe('all')
  })
})
