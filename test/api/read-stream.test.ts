import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EndedEntry, Store } from '../../core/ports.ts'
import { createApp } from '../../api/app.ts'
import { createStreams } from '../../api/streams.ts'
import { apiKey, createApiWorld, type ApiWorld } from '../support/fake-deps.ts'
import { endEntries } from '../support/end-entries.ts'
import { makeTrack } from '../support/make-event.ts'

let world: ApiWorld
/** Another process's view of the database: what it commits is news to the api. */
let drain: Store
beforeEach(async () => {
  world = createApiWorld()
  drain = world.openSecond()
  await world.connect('con_1')
})
afterEach(async () => {
  world.deps.streams.closeAll()
  await world.close()
})

interface Event {
  event: string
  id: string | undefined
  data: Record<string, unknown>
}

/** A reader as the standard wants it, of as many events as a test asks for. */
async function openStream(query = '', headers: Record<string, string> = {}, app = world.app) {
  const response = await app.request(`/api/v1/connections/con_1/stream${query}`, {
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader() as
    ReadableStreamDefaultReader<string> | undefined
  let text = ''
  const events: Event[] = []
  async function readMore(): Promise<boolean> {
    const next = await reader?.read()
    if (next?.done !== false) return false
    text += next.value
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = block.split('\n').filter((line) => !line.startsWith(':'))
      const of = (name: string) => fields.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = of('data')
      if (data !== undefined)
        events.push({
          event: of('event') ?? 'message',
          id: of('id'),
          data: JSON.parse(data) as Event['data'],
        })
    }
    return true
  }
  return {
    response,
    /** The first `n` events, or all there are when the stream ends. */
    async take(n: number): Promise<Event[]> {
      while (events.length < n && (await readMore()));
      return events.splice(0, n)
    },
    close: () => reader?.cancel(),
  }
}

async function accept(n: number, rest: object = {}): Promise<void> {
  const batch = Array.from({ length: n }, (_, index) => makeTrack({ messageId: `m${index + 1}`, ...rest }))
  const body = JSON.stringify({ batch, writeKey: 'wk-con_1' })
  expect((await world.app.request('/v1/batch', { method: 'POST', body })).status).toBe(200)
}
const end = (...endings: Partial<EndedEntry>[]) =>
  endEntries(
    drain,
    'con_1',
    'events',
    endings.map((ending) => ({ outcome: 'delivered', ...ending })),
  )
const idsOf = (events: Event[]) => events.map(({ data }) => data.messageId)

describe('registerReadStream', () => {
  it('tells each message within 200 ms of its outcome', async () => {
    const stream = await openStream()
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
    await accept(2)
    const took: number[] = []
    for (const messageId of ['m1', 'm2']) {
      const startedAt = performance.now()
      await end({ messageId, event: 'Order Completed', userId: 'u1' })
      const [told] = await stream.take(1)
      took.push(performance.now() - startedAt)
      expect(told).toMatchObject({
        event: 'message',
        data: { messageId, lane: 'events', outcome: 'delivered', userId: 'u1' },
      })
    }
    expect(Math.min(...took)).toBeLessThan(200)
    await stream.close()
  })

  it('tells a name of control characters and line breaks in one line, and cuts out what looks like a secret', async () => {
    const stream = await openStream()
    await accept(2)
    const event = 'a\n\ndata: {"x":1}\r\nid: 9\u0000\u2028\u0007'
    await end({ messageId: 'm1', event }, { messageId: 'm2', event: 'sk_live_0123456789abcdef' })
    const [first, second] = await stream.take(2)
    expect(first?.data.event).toBe(event)
    expect(second?.data.event).toBe('[redacted]')
    await stream.close()
  })

  it.each([
    ['outcome=rejected', ['m2']],
    ['event=B', ['m3']],
    ['lane=events&outcome=delivered&event=A', ['m1']],
    ['lane=late', []],
  ])('tells only what ?%s asks for', async (query, expected) => {
    const stream = await openStream(`?${query}`)
    await accept(3)
    await end(
      { messageId: 'm1', event: 'A' },
      { messageId: 'm2', event: 'A', outcome: 'rejected' },
      { messageId: 'm3', event: 'B' },
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    world.deps.streams.closeAll()
    expect(idsOf(await stream.take(9))).toEqual(expected)
  })

  it('goes on behind the last event that a reader had, without gap or repeat', async () => {
    await accept(6)
    const stream = await openStream()
    await end({ messageId: 'm1' }, { messageId: 'm2' })
    const [first] = await stream.take(2)
    await stream.close()
    await end({ messageId: 'm3' }, { messageId: 'm4' })
    for (const resumed of [
      await openStream('', { 'last-event-id': first?.id ?? '' }),
      await openStream(`?lastEventId=${first?.id ?? ''}`),
    ]) {
      expect(idsOf(await resumed.take(3))).toEqual(['m2', 'm3', 'm4'])
      await resumed.close()
    }
    const last = await openStream('', { 'last-event-id': first?.id ?? '' })
    await last.take(3)
    await end({ messageId: 'm5' })
    expect(idsOf(await last.take(1))).toEqual(['m5'])
    await last.close()
  })

  it('goes on where another api process left off', async () => {
    await accept(4)
    const stream = await openStream()
    await end({ messageId: 'm1' })
    const [first] = await stream.take(1)
    world.deps.streams.closeAll()
    await end({ messageId: 'm2' })
    const streams = createStreams()
    const restarted = createApp({ ...world.deps, store: world.openSecond(), streams })
    const resumed = await openStream('', { 'last-event-id': first?.id ?? '' }, restarted)
    expect(idsOf(await resumed.take(1))).toEqual(['m2'])
    await end({ messageId: 'm3' })
    expect(idsOf(await resumed.take(1))).toEqual(['m3'])
    streams.closeAll()
  })

  it('tells a reader who was away for long the newest, and how many it missed', async () => {
    await accept(1_500)
    const stream = await openStream()
    await end({ messageId: 'm1' })
    const [first] = await stream.take(1)
    await stream.close()
    for (let n = 0; n < 1_499; n += 500)
      await end(
        ...Array.from({ length: Math.min(500, 1_499 - n) }, (_, index) => ({
          messageId: `m${n + index + 2}`,
        })),
      )
    const resumed = await openStream('', { 'last-event-id': first?.id ?? '' })
    const [missed, next] = await resumed.take(2)
    expect(missed).toMatchObject({ event: 'missed', data: { count: 499 } })
    expect(next?.data.messageId).toBe('m501')
    await resumed.close()
  })

  it('begins at now for an id that is none of ours', async () => {
    await accept(2)
    await end({ messageId: 'm1' })
    const stream = await openStream('', { 'last-event-id': 'nonsense; 1' })
    await end({ messageId: 'm2' })
    expect(idsOf(await stream.take(1))).toEqual(['m2'])
    await stream.close()
  })

  it('tells a slow reader how many it missed, holds no more than its buffer for it, and keeps up with the others', async () => {
    const slow = await openStream()
    const quick = await openStream()
    const rounds = 60
    const userId = 'u'.repeat(200)
    await accept(rounds * 50)
    let told = 0
    for (let round = 0; round < rounds; round += 1) {
      await end(
        ...Array.from({ length: 50 }, (_, n) => ({
          messageId: `m${round * 50 + n}`,
          userId,
          event: 'e'.repeat(200),
        })),
      )
      told += (await quick.take(50)).length
    }
    expect(told).toBe(rounds * 50)
    world.deps.streams.closeAll()
    const had = await slow.take(rounds * 50)
    const missed = had
      .filter(({ event }) => event === 'missed')
      .reduce((sum, { data }) => sum + Number(data.count), 0)
    const messages = had.filter(({ event }) => event === 'message').length
    expect(messages).toBeLessThan(rounds * 50)
    expect(messages).toBeGreaterThan(100)
    // What it missed last it learns when it comes back: its last id is that of the last message that it had.
    expect(messages + missed).toBeLessThanOrEqual(rounds * 50)
    await quick.close()
  }, 60_000)

  it('is told how many it missed once it reads again', async () => {
    const stream = await openStream()
    await accept(2_000)
    for (let round = 0; round < 40; round += 1) {
      await end(
        ...Array.from({ length: 50 }, (_, n) => ({
          messageId: `m${round * 50 + n}`,
          userId: 'u'.repeat(250),
          event: 'e'.repeat(250),
        })),
      )
      await new Promise((resolve) => setTimeout(resolve, 70))
    }
    const events: Event[] = []
    while (!events.some(({ event }) => event === 'missed')) events.push(...(await stream.take(1)))
    const messages = events.filter(({ event }) => event === 'message').length
    expect(Number(events.at(-1)?.data.count) + messages).toBe(2_000)
    await stream.close()
  }, 60_000)

  it('ends every stream when the api ends, and forgets readers who left', async () => {
    const [one, two] = [await openStream(), await openStream()]
    expect(world.deps.streams.size()).toBe(2)
    await one.close()
    await vi.waitFor(() => expect(world.deps.streams.size()).toBe(1))
    world.deps.streams.closeAll()
    expect(await two.take(1)).toEqual([])
    expect(world.deps.streams.size()).toBe(0)
  })

  it('refuses an unknown connection, a bad filter, and more readers than there may be', async () => {
    expect(await world.call('GET', '/api/v1/connections/con_9/stream')).toMatchObject({ status: 404 })
    expect(await world.call('GET', '/api/v1/connections/con_1/stream?outcome=lost')).toMatchObject({
      status: 422,
    })
    const full = createApiWorld(() => ({ streams: createStreams(0) }))
    await full.connect('con_1')
    expect(await full.call('GET', '/api/v1/connections/con_1/stream')).toMatchObject({
      ...{ status: 503, json: { code: 'streams_full' } },
    })
    await full.close()
  })
})
