import { describe, expect, it } from 'vitest'
import { redact, REDACTED, redactName, redactText } from '../../core/redact.ts'

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
    ['a Standard Webhooks secret', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', REDACTED],
    ['a Google key', 'AIzaSyA-1234567890abcdefghijklmnopqrstu', REDACTED],
    ['an OpenAI key', 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789', REDACTED],
    ['a GitLab token', 'glpat-abcdefghij0123456789', REDACTED],
    [
      'basic credentials of letters alone',
      'authorization: Basic dXNlcjpwYXNz',
      `authorization: Basic ${REDACTED}`,
    ],
    ['a token header', 'Authorization: Token abc', `Authorization: Token ${REDACTED}`],
    ['cookies', 'Cookie: sid=abc; theme=dark', `Cookie: ${REDACTED}`],
    ['a cookie that is set', 'a\nset-cookie: sid=abc\nb', `a\nset-cookie: ${REDACTED}\nb`],
    ['a fragment', 'https://x.test/#accessToken=abc&n=1', `https://x.test/#accessToken=${REDACTED}&n=1`],
    ['a list parameter', 'https://x.test/?token[]=abc&n=1', `https://x.test/?token[]=${REDACTED}&n=1`],
    ['one that is encoded', 'https://x.test/?token%5B%5D=abc', `https://x.test/?token%5B%5D=${REDACTED}`],
    [
      'an address in an address',
      'https://x.test/?to=https%3A%2F%2Fy.test%2F%3Fapi_key%3Dabc',
      `https://x.test/?to=https%3A%2F%2Fy.test%2F%3Fapi_key%3D${REDACTED}`,
    ],
    [
      'a signed address',
      'https://x.test/?X-Amz-Signature=0123456789abcdef&n=1',
      `https://x.test/?X-Amz-Signature=${REDACTED}&n=1`,
    ],
    ['a token as a user', 'https://abc123def456ghi@x.test/', `https://${REDACTED}@x.test/`],
    ['a name within a name', 'userPassword=abc', `userPassword=${REDACTED}`],
    ['a name in capitals', 'STATSIG_API_KEY=abc', `STATSIG_API_KEY=${REDACTED}`],
    ['a name with more behind it', 'passwordHash: abc', `passwordHash: ${REDACTED}`],
    ['a number under a name', 'passcode=12345678', `passcode=${REDACTED}`],
    ['quotes in a password', '{"password":"a\\"bc","n":1}', `{"password":"${REDACTED}","n":1}`],
    [
      'names in JSON of any depth',
      '[{"a":[{"newPassword":"x"}]}]',
      `[{"a":[{"newPassword":"${REDACTED}"}]}]`,
    ],
    ['a list in JSON', '{"tokens":["a","b"]}', `{"tokens":["${REDACTED}","${REDACTED}"]}`],
    [
      'JSON in JSON',
      JSON.stringify({ body: JSON.stringify({ authToken: 'abc' }) }),
      JSON.stringify({ body: JSON.stringify({ authToken: REDACTED }) }),
    ],
    ['JSON that was cut', '{"n":1,"userPassword":"abc', `{"n":1,"userPassword":"${REDACTED}`],
    ['a list that was cut', 'sent {"token":["abc","de', `sent {"token":${REDACTED}`],
    [
      'escaped JSON in a sentence',
      'sent {\\"password\\":\\"abc\\",\\"n\\":1}',
      `sent {\\"password\\":\\"${REDACTED}\\",\\"n\\":1}`,
    ],
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
    'token_count=12&n=1',
    '{ "n": 1,  "event": "Order Completed" }',
    '{"tokens":12}',
    'secretary: Ann',
    'mistoken=abc',
    'https://me@x.test/',
    'Cookies and cream',
    'sk-learn is a library',
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
      'token=['.repeat(140_000),
      '\\\\"token\\\\":\\\\"'.repeat(60_000),
      `token${'='.repeat(1_000_000)}`,
      `${'\\\\'.repeat(500_000)}"`,
      'TokenTokenToken'.repeat(70_000),
      'cookie: '.repeat(125_000),
      'authorization: basic '.repeat(50_000),
      '?Signature'.repeat(100_000),
      '['.repeat(1_000_000),
      `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
    ]
    const before = process.cpuUsage()
    for (const text of nasty) redactText(text)
    const { user } = process.cpuUsage(before)
    expect(user / 1_000).toBeLessThan(5_000)
    // It is the CPU that counts: beside other programs it may wait for long.
  }, 120_000)
})

describe('redactName', () => {
  it('leaves a name that only speaks of secrets, and cuts out what is one by itself', () => {
    for (const name of ['Token: Created', 'password=reset', 'Secret Found'])
      expect(redactName(name)).toBe(name)
    expect(redactName(`sent secret-${statsigKey}`)).toBe(`sent ${REDACTED}`)
    expect(redactName(jwt)).toBe(REDACTED)
  })
})

describe('redact', () => {
  it('takes what stands under `event` and the ids for names, and the rest for texts', () => {
    expect(
      redact({ event: 'Token: Created', userId: 'pwd=1', properties: { text: 'Token: Created' } }),
    ).toEqual({
      ...{ event: 'Token: Created', userId: 'pwd=1', properties: { text: `Token: ${REDACTED}` } },
    })
  })

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
    'pass',
    'jwt',
    'refreshTokens',
    'encryptionKey',
    'user[password]',
    'X-Amz-Security-Token',
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
