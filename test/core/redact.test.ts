import { describe, expect, it } from 'vitest'
import { redact, REDACTED, redactText } from '../../core/redact.ts'

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123-_x'
const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nxyz\n-----END RSA PRIVATE KEY-----'
const statsigKey = 'AbCdEf0123456789AbCdEf0123456789AbCdEf012'

describe('redactText', () => {
  it.each([
    ['a Statsig server key', `secret-${statsigKey}`, REDACTED],
    ['a Statsig console key in a sentence', `key console-${statsigKey}!`, `key ${REDACTED}!`],
    ['a Statsig client key', `client-${statsigKey}`, REDACTED],
    ['a short server key with a digit', 'used secret-abc123 here', `used ${REDACTED} here`],
    ['a bearer text', 'Authorization: Bearer abc.def-123', `Authorization: Bearer ${REDACTED}`],
    ['a bearer text in small letters', 'sent bearer 0123456789abcdef', `sent bearer ${REDACTED}`],
    ['basic credentials', 'Basic dXNlcjpwYXNzd29yZA==', `Basic ${REDACTED}`],
    ['a JSON Web Token', `see ${jwt}.`, `see ${REDACTED}.`],
    ['a private key', `a ${pem} b`, `a ${REDACTED} b`],
    ['a private key that was cut', `a ${pem.slice(0, 40)}`, `a ${REDACTED}`],
    ['a card number', 'paid with 4111 1111 1111 1111 today', `paid with ${REDACTED} today`],
    ['a card number with dashes', '5555-5555-5555-4444', REDACTED],
    ['an American Express number', '378282246310005', REDACTED],
    ['a query parameter', 'https://x.test/a?token=abc&b=1', `https://x.test/a?token=${REDACTED}&b=1`],
    ['a form field', 'user=a&password=hunter2', `user=a&password=${REDACTED}`],
    ['JSON in a text', '{"api_key":"abc def","n":1}', `{"api_key":"${REDACTED}","n":1}`],
    ['a password in a URL', 'postgres://me:pa55@db.test/x', `postgres://me:${REDACTED}@db.test/x`],
    ['a Stripe key', `sk_live_${'a1'.repeat(12)}`, REDACTED],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`, REDACTED],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE', REDACTED],
  ])('cuts out %s', (_, text, shown) => {
    expect(redactText(text)).toBe(shown)
  })

  it.each([
    'client-side',
    'client-4711',
    'secret-santa',
    'Basic subscription',
    'bearer of good news',
    'bearer instruments',
    'Order Completed',
    '1736078400000',
    '4111111111111112',
    '2026-01-05T12:00:00.000Z',
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    '5f9c2a4111111111111111ab',
    'node-next-1736078400000-50314b8e9bcf000000000000',
    'https://x.test/path?page=2',
    'tokens: 12 were used',
  ])('leaves %s', (text) => {
    expect(redactText(text)).toBe(text)
  })

  it('is done in a time that grows with the length, whatever the text', () => {
    const nasty = [
      'bearer '.repeat(150_000),
      '1 '.repeat(500_000),
      '1'.repeat(1_000_000),
      'password='.repeat(110_000),
      '-----BEGIN PRIVATE KEY-----'.repeat(40_000),
      'secret-aaaaa'.repeat(80_000),
      'eyJaaaaaaaaa'.repeat(80_000),
      `basic ${'a'.repeat(1_000_000)}`,
      '://a:'.repeat(200_000),
      '"token":"'.repeat(110_000),
    ]
    const before = process.cpuUsage()
    for (const text of nasty) redactText(text)
    const { user } = process.cpuUsage(before)
    expect(user / 1_000).toBeLessThan(5_000)
  })
})

describe('redact', () => {
  it.each([
    'password',
    'Password',
    'userPassword',
    'x-api-key',
    'apiKey',
    'APIKEY',
    'access_token',
    'Authorization',
    'clientSecret',
    'private_key',
    'set-cookie',
    'serverKey',
    'passwordHash',
    'cvv',
  ])('cuts out a text under %s', (name) => {
    expect(redact({ [name]: 'plain', other: 'plain' })).toEqual({ [name]: REDACTED, other: 'plain' })
  })

  it.each([
    'tokens',
    'token_count_total',
    'secretary',
    'passwordless',
    'writeKey',
    'keyboard',
    'authorId',
    'pin',
  ])('leaves a number under %s', (name) => {
    expect(redact({ [name]: 12 })).toEqual({ [name]: 12 })
  })

  it('keeps structure, names, booleans and null, and cuts texts and numbers below a secret name', () => {
    expect(
      redact({
        secret: { a: 'x', b: [1, 'y', null, true], c: {} },
        list: [{ token: 5 }],
        empty: { token: '' },
      }),
    ).toEqual({
      secret: { a: REDACTED, b: [REDACTED, REDACTED, null, true], c: {} },
      list: [{ token: REDACTED }],
      empty: { token: '' },
    })
  })

  it('knows a card number that is a number, and leaves a time that would pass the checksum', () => {
    expect(redact({ n: 4111111111111111, at: 1736078400002 })).toEqual({ n: REDACTED, at: 1736078400002 })
  })

  it('treats __proto__ as a name like any other and does not change what it was given', () => {
    const given = JSON.parse('{"__proto__":{"password":"x"},"constructor":"y"}') as object
    const text = JSON.stringify(given)
    expect(JSON.stringify(redact(given))).toBe(`{"__proto__":{"password":"${REDACTED}"},"constructor":"y"}`)
    expect(JSON.stringify(given)).toBe(text)
  })

  it('cuts out unseen what lies deeper than anything is shown', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 100_000; level += 1) deep = [deep]
    expect(JSON.stringify(redact(deep))).toContain(REDACTED)
  })

  it('leaves what is no plain value', () => {
    const error = new Error('x')
    expect(redact({ error })).toEqual({ error })
  })
})
