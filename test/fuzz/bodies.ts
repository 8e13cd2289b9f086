// Requests to the ingest routes: sound ones, and every way in which a body can lie, break off or run on.
import { createHmac } from 'node:crypto'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { batchFields, message, receivedAtMs, text } from './arbitraries.ts'
import { Bag, toWire } from './wire.ts'

export const writeKey = 'wk-fuzz'
export const connectionId = 'con_fuzz'
export const sharedSecret = 'shared-fuzz'

/** A request, and whether it is sound: the right key and JSON of the right shape, however odd its messages. */
export interface IngestCase {
  path: string
  headers: Record<string, string>
  body: Uint8Array
  isSound: boolean
  /** The user of the good message in it, which is to be delivered when the request is accepted. */
  goodUser: string | undefined
}

const batchPaths = ['/v1/batch', '/v1/import', '/v1/b', '/v1/batch/']
const callPaths = ['track', 'identify', 'page', 'screen', 'group', 'alias', 't', 'i', 'p', 's', 'g', 'a']
const webhookPath = `/webhooks/segment/${connectionId}`

let made = 0
/** A message that is delivered whatever stands beside it and around it. */
export function goodMessage(user: string): Bag {
  return new Bag([
    ...Object.entries({ type: 'track', event: 'Order Completed', userId: user, messageId: `m-${user}` }),
    ['timestamp', new Date(receivedAtMs - 1_000).toISOString()],
    ['originalTimestamp', new Date(receivedAtMs - 1_000).toISOString()],
    ['integrations', new Bag([['Statsig', true]])],
    ['properties', new Bag([['plan', 'pro']])],
  ])
}

interface Document {
  path: string
  json: string
  goodUser: string | undefined
  /** What Segment would have signed of a webhook's body. */
  signed?: string | undefined
}

const documents: fc.Arbitrary<Document> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...batchPaths),
        fc.array(message, { maxLength: 5 }),
        batchFields,
        fc.nat({ max: 5 }),
      )
      .map(([path, items, fields, at]) => {
        const goodUser = `known-${++made}`
        const batch = [...items]
        batch.splice(Math.min(at, batch.length), 0, goodMessage(goodUser))
        return {
          path,
          goodUser,
          json: toWire(new Bag([...fields, ['writeKey', writeKey], ['batch', batch]])),
        }
      }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...callPaths), message).map(([path, item]) => ({
      path: `/v1/${path}`,
      goodUser: undefined,
      json: toWire(new Bag([...(item instanceof Bag ? item.entries : []), ['writeKey', writeKey]])),
    })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(message, { maxLength: 4 }), fc.boolean(), fc.nat({ max: 4 }))
      .map(([items, isWrapped, at]) => {
        const goodUser = `known-${++made}`
        const elements: unknown[] = [...items]
        elements.splice(Math.min(at, elements.length), 0, goodMessage(goodUser))
        const wrapped = elements.map((element) => new Bag([['json', element]]))
        const text = toWire(isWrapped ? wrapped : elements)
        return { path: webhookPath, goodUser, json: text, signed: signedOf(elements, text, at) }
      }),
  },
)

/** The first message where that is an object, or the whole as JavaScript writes it again. */
function signedOf(elements: unknown[], text: string, n: number): string | undefined {
  const [first] = elements
  if (n % 2 === 0 && first instanceof Bag) return toWire(first)
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return first instanceof Bag ? toWire(first) : undefined
  }
}

const json = 'application/json'
type Dress = (text: string) => { body: Uint8Array; headers?: Record<string, string> }
/** Ways to send a sound document that keep it sound. */
const soundDresses: readonly Dress[] = [
  (text) => ({ body: Buffer.from(text) }),
  (text) => ({ body: Buffer.from(`\ufeff${text}`) }),
  (text) => ({ body: Buffer.from(`\r\n\t ${text}\r\n\r\n`), headers: { 'content-type': 'text/plain' } }),
  (text) => ({ body: gzipSync(text), headers: { 'content-encoding': 'gzip' } }),
  (text) => ({ body: gzipSync(`\ufeff${text}`), headers: { 'content-encoding': 'X-GZIP' } }),
  (text) => ({ body: gzipSync(text) }),
  (text) => ({ body: Buffer.from(text), headers: { 'content-encoding': 'gzip' } }),
  (text) => ({ body: Buffer.from(text), headers: { 'content-encoding': 'br, deflate' } }),
  (text) => ({ body: Buffer.from(text), headers: { 'content-type': 'multipart/form-data; charset=utf-16' } }),
  (text) => ({ body: Buffer.from(text), headers: { 'content-length': 'many' } }),
]
/** Ways that may break it. */
const brokenDresses: readonly Dress[] = [
  (text) => ({ body: Buffer.from(text, 'latin1') }),
  (text) => ({ body: Buffer.from(text, 'utf16le') }),
  (text) => ({ body: Buffer.from(`\ufeff${text}`, 'utf16le') }),
  (text) => ({ body: Buffer.from(text + text) }),
  (text) => ({ body: Buffer.from(`${text}\n${text}`) }),
  (text) => ({ body: Buffer.from(`${text}\0`) }),
  (text) => ({ body: Buffer.from(`)]}'\n${text}`) }),
  (text) => ({ body: Buffer.from(`data=${encodeURIComponent(text)}`) }),
  (text) => ({ body: Buffer.from(text.replaceAll('"', "'")) }),
  (text) => ({ body: Buffer.from(text.replaceAll('\\u', '\\x')) }),
  (text) => ({ body: deflateSync(text), headers: { 'content-encoding': 'deflate' } }),
  (text) => ({ body: brotliCompressSync(text), headers: { 'content-encoding': 'br' } }),
  (text) => ({ body: gzipSync(gzipSync(text)), headers: { 'content-encoding': 'gzip, gzip' } }),
  (text) => ({ body: Buffer.concat([gzipSync(text), gzipSync(text)]) }),
  (text) => ({ body: Buffer.concat([gzipSync(text), Buffer.from('behind it')]) }),
  () => ({ body: new Uint8Array() }),
  () => ({ body: Buffer.from('null') }),
  () => ({ body: Buffer.from('{"batch":{}}') }),
  () => ({ body: Buffer.from([0x1f, 0x8b, 0x08]) }),
]
const latin1 = text.map((value) => value.replace(/[^\x20-\x7e]/g, '?'))
const basic = (user: string) => `Basic ${Buffer.from(user).toString('base64')}`
const soundAuth = fc.constantFrom(basic(`${writeKey}:`), basic(writeKey), basic(`${writeKey}:secret`))
const oddAuth = fc.oneof(
  fc.constantFrom(
    '',
    'Basic',
    'Basic ====',
    'Bearer x',
    basic('unknown:'),
    basic(':'),
    `Basic ${'A'.repeat(9_000)}`,
  ),
  fc.tuple(text, text).map(([user, password]) => basic(`${user}:${password}`)),
  latin1,
)

/** Cuts bytes off, or turns some of them into others. */
const damage = fc.oneof(
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((part) => (bytes: Uint8Array) => bytes.subarray(0, part * bytes.length)),
  fc
    .array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((flips) => (bytes: Uint8Array) => {
      const damaged = Uint8Array.from(bytes)
      for (const [at, byte] of flips) damaged[Math.floor(at * damaged.length)] = byte
      return damaged
    }),
)

const signatureHeaders = ['x-signature', 'x-segment-signature'] as const
const sign = (signed: string) => createHmac('sha1', sharedSecret).update(signed).digest('hex')

const sound: fc.Arbitrary<IngestCase> = fc
  .tuple(
    documents,
    fc.constantFrom(...soundDresses),
    soundAuth,
    fc.constantFrom(...signatureHeaders, undefined),
  )
  .map(([{ path, json: document, goodUser, signed }, dress, authorization, header]) => {
    const { body, headers } = dress(document)
    const proof: Record<string, string> =
      header === undefined || signed === undefined ? { authorization } : { [header]: sign(signed) }
    return {
      path,
      goodUser,
      body,
      headers: { 'content-type': json, ...proof, ...headers },
      isSound: true,
    }
  })

const broken: fc.Arbitrary<IngestCase> = fc
  .tuple(
    documents,
    fc.constantFrom(...soundDresses, ...brokenDresses),
    fc.oneof({ weight: 3, arbitrary: soundAuth }, { weight: 1, arbitrary: oddAuth }),
    fc.option(damage, { freq: 2 }),
    latin1,
    fc.constantFrom('', '', '?x=%ff%00', '/%2e%2e', '%00', '/con_other'),
  )
  .map(([{ path, json: document }, dress, authorization, harm, signature, behind]) => {
    const { body, headers = {} } = dress(document)
    const sent = {
      // A signature of the right form that fits nothing, or any text.
      'x-signature': signature.length % 2 === 0 ? sign(signature) : signature,
      'x-forwarded-for': signature,
      'content-type': signature,
      ...headers,
    }
    return {
      ...{ path: path + behind, body: harm?.(body) ?? body, goodUser: undefined, isSound: false },
      headers: { ...sent, authorization },
    }
  })

export const ingestCase: fc.Arbitrary<IngestCase> = fc.oneof(
  { weight: 3, arbitrary: sound },
  { weight: 2, arbitrary: broken },
)
