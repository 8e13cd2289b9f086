// Every door under every awkward body: a short seeded run. `npm run fuzz` is the long one.
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestMessagesMax } from '../../api/accept.ts'
import { goodMessage, ingestCase, writeKey, type IngestCase } from './bodies.ts'
import { createIngestWorld, type IngestWorld } from './ingest-world.ts'
import { Bag, deepArray, deepObject, manyKeys, Raw, toWire } from './wire.ts'

const seed = 20260105
/** What the process may grow by over 500 requests (measured: 22 MB), and over one bomb of a few megabytes. */
const growthMbMax = { run: 150, bomb: 400 }

let world: IngestWorld
beforeEach(async () => {
  world = await createIngestWorld()
})
afterEach(() => world.api.close())

describe('the doors of ingest, under fuzzing', () => {
  it('never answer 5xx, count every accepted message, and every one of them ends', async () => {
    const before = process.memoryUsage().rss
    const cases = fc.sample(ingestCase, { numRuns: 500, seed })
    for (let from = 0; from < cases.length; from += 100) {
      await Promise.all(cases.slice(from, from + 100).map((request) => world.send(request)))
      await world.explore(10)
      await world.settle()
      await world.explore(10)
    }
    const { accepted, known, delivered, byStatus } = world.tally
    expect({ accepted: accepted > 250, known: known > 150, delivered: delivered > known }).toEqual({
      ...{ accepted: true, known: true, delivered: true },
    })
    expect(Object.keys(byStatus)).toEqual(expect.arrayContaining(['200', '400', '401', '404']))
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(growthMbMax.run)
  })

  const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024))
  /** A gigabyte of zeros in a megabyte of gzip: 64 members one behind the other. */
  const gigabyte = Buffer.concat(Array.from({ length: 64 }, () => zeros))

  it.each<[string, Uint8Array, number]>([
    ['a gigabyte of zeros in gzip', gigabyte, 413],
    ['the same wrapped in gzip again, which is unwrapped once', gzipSync(gigabyte), 400],
    ['a gigabyte behind a message', Buffer.concat([gzipSync('{"event":"x"}'), gigabyte]), 413],
    ['a megabyte of open brackets', Buffer.alloc(1024 * 1024, '['), 400],
  ])('refuse %s at once and keep nothing of it', async (_, body, expected) => {
    const [before, startedMs] = [process.memoryUsage().rss, performance.now()]
    const auth = `Basic ${Buffer.from(writeKey).toString('base64')}`
    const headers = { authorization: auth, 'content-encoding': 'gzip' }
    const request = { path: '/v1/batch', headers, body, isSound: false, goodUser: undefined }
    expect(await world.send(request)).toBe(expected)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(200)
    await world.settle()
  })

  const bodyOf = (batch: unknown[], fields: [string, unknown][] = []) =>
    toWire(new Bag([...fields, ['writeKey', writeKey], ['batch', batch]]))
  const track = (rest: [string, unknown][]) =>
    new Bag([...Object.entries({ type: 'track', event: 'x', userId: 'u' }), ...rest])
  const good = (name: string) => goodMessage(`known-${name}`)
  const takingTurns = Array.from({ length: 5_000 }, () => [new Bag([['type', 'page']]), track([])]).flat()
  const personas = new Raw(
    '{"personas":{"computation_class":"audience","computation_key":"k","computation_id":"i"}}',
  )

  it.each<[string, string]>([
    ['properties of 100,000 levels', bodyOf([track([['properties', deepObject(100_000)]]), good('g')])],
    ['a context of 100,000 levels', bodyOf([track([['context', deepArray(100_000)]]), good('g')])],
    ['an item of 100,000 levels', bodyOf([deepArray(100_000), good('g')])],
    ['a batch context of 100,000 levels', bodyOf([good('g')], [['context', deepObject(100_000)]])],
    ['batch integrations of 100,000 levels', bodyOf([good('g')], [['integrations', deepObject(100_000)]])],
    ['a sentAt of 100,000 levels', bodyOf([good('g')], [['sentAt', deepArray(100_000)]])],
    ['properties of 30,000 names', bodyOf([track([['properties', manyKeys(30_000)]]), good('g')])],
    [
      'batch fields of 30,000 names over 2,000 messages',
      bodyOf(
        [...Array.from({ length: 2_000 }, () => track([['context', new Raw('{"a":1}')]])), good('g')],
        [
          ['context', manyKeys(30_000)],
          ['integrations', manyKeys(30_000)],
        ],
      ),
    ],
    ['ids and a name of 400 KB', bodyOf([new Raw(longTexts()), good('g')])],
    [
      'a field of a megabyte that nests too deep',
      bodyOf([track([['\0'.repeat(1e6), deepObject(99)]]), good('g')]),
    ],
    ['messages of one lane and of two in turn', bodyOf([...takingTurns, good('g')], [['context', personas]])],
    [
      'nearly as many messages as a request holds',
      bodyOf([new Raw(`${'1,'.repeat(requestMessagesMax - 2)}1`), good('g')]),
    ],
  ])('take %s, deliver its neighbour and show it', async (_, body) => {
    const before = process.memoryUsage().rss
    const request: IngestCase = {
      ...{ path: '/v1/batch', headers: {}, body: Buffer.from(body), isSound: true, goodUser: 'known-g' },
    }
    await world.send(request)
    await world.explore(2)
    await world.settle()
    await world.explore(2)
    expect(world.tally.known).toBe(1)
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(growthMbMax.bomb)
  })
})

/** A message whose every text is 400 KB. */
function longTexts(): string {
  const long = JSON.stringify('\u{1F600}"\ud800'.repeat(50_000))
  return `{"type":"track","event":${long},"userId":${long},"messageId":${long},"anonymousId":${long}}`
}
