import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Entry, EntryStory } from '../../api/wire/entry.ts'
import { endEntries } from '../support/end-entries.ts'
import { createApiWorld, nowMs, type ApiWorld } from '../support/fake-deps.ts'
import { makeAudienceTrack, makeLateTrack, makeTrack } from '../support/make-event.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.connect('con_1')
})
afterEach(() => world.close())

interface Page {
  data: Entry[]
  nextCursor: string | null
  cut: boolean
}

async function accept(batch: unknown[], rest: object = {}): Promise<void> {
  const body = JSON.stringify({ batch, ...rest, writeKey: 'wk-con_1' })
  expect((await world.app.request('/v1/batch', { method: 'POST', body })).status).toBe(200)
}
const list = async (query = '') =>
  (await world.call('GET', `/api/v1/connections/con_1/messages${query}`)).json as Page
const ids = ({ data }: Page) => data.map(({ messageId }) => messageId)
const story = async (id: string) => (await world.call('GET', `/api/v1/messages/${id}`)).json as EntryStory

describe('registerReadMessages', () => {
  describe('lists', () => {
    it('what waits, with what can be read of it', async () => {
      await accept([makeTrack()])
      expect(await list()).toEqual({
        data: [
          {
            ...{ id: 'msg_1_1', connectionId: 'con_1', lane: 'events', messageId: 'm1', outcome: 'pending' },
            ...{ type: 'track', event: 'Order Completed', userId: 'u1' },
            receivedAt: new Date(nowMs).toISOString(),
            source: 'tracking',
          },
        ],
        nextCursor: null,
        cut: false,
      })
    })

    it('what has ended, with outcome, reason, path and times', async () => {
      await accept([makeTrack({ messageId: 'a' }), makeTrack({ messageId: 'b', event: '' })])
      const rejected = {
        outcome: 'rejected',
        reason: 'no_event',
        path: 'event',
        detail: 'A name is needed.',
      } as const
      await endEntries(world.store, 'con_1', 'events', [
        { outcome: 'delivered', messageId: 'a' },
        { ...rejected, messageId: 'b' },
      ])
      const { data } = await list()
      expect(data).toMatchObject([
        { ...rejected, messageId: 'b', settingsVersion: 1, endedAt: new Date(nowMs + 100).toISOString() },
        { outcome: 'delivered', messageId: 'a' },
      ])
      expect(data[1]).not.toHaveProperty('reason')
    })

    it('newest first, across requests and lanes', async () => {
      for (const messageId of ['a', 'b', 'c']) {
        await accept([messageId === 'b' ? makeLateTrack({ messageId }) : makeTrack({ messageId })])
        world.clock.ms += 1_000
      }
      expect(ids(await list())).toEqual(['c', 'b', 'a'])
    })

    it('page after page, each entry once, those that wait and those that have ended', async () => {
      await accept(Array.from({ length: 7 }, (_, n) => makeTrack({ messageId: `m${n + 1}` })))
      await accept([makeLateTrack({ messageId: 'l1' }), makeLateTrack({ messageId: 'l2' })])
      await endEntries(
        world.store,
        'con_1',
        'events',
        Array.from({ length: 4 }, () => ({ outcome: 'delivered' })),
      )
      const seen: unknown[] = []
      let query = '?limit=2'
      for (let pages = 0; pages < 20; pages += 1) {
        const page = await list(query)
        expect(page.data.length).toBeLessThanOrEqual(2)
        seen.push(...ids(page))
        if (page.nextCursor === null) break
        query = `?limit=2&cursor=${page.nextCursor}`
      }
      expect([...seen].sort()).toEqual(['l1', 'l2', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'])
    })

    it.each([
      ['lane=late', ['late']],
      ['lane=events&outcome=pending', ['wait']],
      ['outcome=delivered', ['done']],
      ['event=Page%20Viewed', ['done']],
      ['userId=u2', ['wait']],
      ['messageId=late', ['late']],
      ['messageId=nobody', []],
      ['userId=u1&outcome=pending', ['late']],
      ['lane=audiences', []],
      ['lane=replay:rpl_1', []],
      [`since=${new Date(nowMs + 1_000).toISOString()}`, ['late', 'wait']],
      [`until=${new Date(nowMs + 1_000).toISOString()}`, ['done']],
      [`since=2026-01-05T13:00:01%2B01:00`, ['late', 'wait']],
    ])('only what ?%s asks for', async (query, expected) => {
      await accept([makeTrack({ messageId: 'done' })])
      await endEntries(world.store, 'con_1', 'events', [
        { outcome: 'delivered', messageId: 'done', event: 'Page Viewed' },
      ])
      world.clock.ms += 1_000
      await accept([makeTrack({ messageId: 'wait', userId: 'u2' }), makeLateTrack({ messageId: 'late' })])
      expect(ids(await list(`?${query}`)).sort()).toEqual(expected)
    })

    it('nothing of another connection', async () => {
      await accept([makeTrack()])
      await world.connect('con_2')
      expect((await world.call('GET', '/api/v1/connections/con_2/messages')).json).toMatchObject({ data: [] })
    })
  })

  describe('tells', () => {
    it('a waiting message as it came and as it would be mapped with the settings of now', async () => {
      const message = makeTrack({ anonymousId: 'an1' })
      await accept([message])
      await world.call('PATCH', '/api/v1/connections/con_1', {
        identifiers: [{ from: 'anonymousId', to: 'deviceID' }],
      })
      expect(await story('msg_1_1')).toMatchObject({
        ...{ id: 'msg_1_1', outcome: 'pending', messageId: 'm1', received: message },
        mapped: {
          eventName: 'segment::Order Completed',
          user: { userID: 'u1', customIDs: { deviceID: 'an1' } },
        },
        ...{ warnings: [], attempts: [], related: [] },
      })
    })

    it('an ended message as it was mapped with the settings of then, and each attempt', async () => {
      await accept([makeTrack(), makeTrack({ messageId: 'm2' })])
      await endEntries(
        world.store,
        'con_1',
        'events',
        [{ outcome: 'delivered', messageId: 'm1' }, { outcome: 'delivered' }],
        { status: 202, answer: '{"success":true}' },
      )
      await world.call('PATCH', '/api/v1/connections/con_1', { inbound: { prefix: 'other::' } })
      expect(await story('msg_1_1')).toMatchObject({
        ...{ outcome: 'delivered', settingsVersion: 1, mapped: { eventName: 'segment::Order Completed' } },
        attempts: [
          {
            ...{ at: new Date(nowMs).toISOString(), durationMs: 12, entries: 2, status: 202, code: 'ok' },
            ...{ answer: '{"success":true}', settingsVersion: 1 },
          },
        ],
      })
    })

    it('a rejected item of a batch as it came, and not its neighbours', async () => {
      await accept([makeTrack(), 'not a message', makeTrack({ messageId: 'm3' })])
      const answer = await story('msg_1_2')
      expect(answer.received).toBe('not a message')
      expect(answer).not.toHaveProperty('mapped')
    })

    it('a message of a batch with the context of its batch', async () => {
      await accept([makeTrack()], { context: { ip: '203.0.113.7' } })
      expect((await story('msg_1_1')).mapped).toMatchObject({ user: { ip: '203.0.113.7' } })
    })

    it('the other entry of a message that is in two lanes', async () => {
      await accept([makeTrack(), makeAudienceTrack()])
      const { data } = await list('?messageId=personas_1')
      expect(data.map(({ lane }) => lane).sort()).toEqual(['audiences', 'events'])
      const [one, other] = data.map(({ id }) => id)
      expect((await story(one ?? '')).related).toEqual([other])
      expect((await story(other ?? '')).related).toEqual([one])
    })

    it('what was odd about it', async () => {
      await accept([makeTrack({ properties: { statsigCustomIDs: ['companyID'] } })])
      expect((await story('msg_1_1')).warnings).toMatchObject([{ code: /./, path: /statsigCustomIDs/ }])
    })
  })

  describe('cuts out', () => {
    const key = 'secret-AbCdEf0123456789'

    it('what looks like a secret from the list and the story: names, ids, bodies, what the vendor answered', async () => {
      const message = makeTrack({
        ...{ event: `Sent ${key}`, userId: key },
        properties: {
          userPassword: 'hunter2',
          list: [{ note: `{"apiKey":"hunter2"}` }],
          url: 'x?token=hunter2',
        },
      })
      await accept([message, makeTrack({ messageId: 'm2' })])
      const waiting = [await list(), await story('msg_1_1')]
      await endEntries(
        world.store,
        'con_1',
        'events',
        [
          {
            outcome: 'rejected',
            reason: 'vendor_refused',
            detail: `HTTP 400: {"key":"${key}"}`,
            userId: key,
          },
        ],
        { status: 400, answer: `no: ${key}` },
      )
      const shown = JSON.stringify([waiting, await list(), await story('msg_1_1')])
      expect(shown).not.toContain('hunter2')
      expect(shown).not.toContain(key)
      expect(ids(await list(`?userId=${key}`))).toHaveLength(1)
    })
  })

  describe('refuses', () => {
    it.each(['lane=No%20lane', 'outcome=lost', 'since=yesterday', 'until=1', 'limit=0', 'event=', 'userId='])(
      '?%s with 422 and the name of the parameter',
      async (query) => {
        const { status, json } = await world.call('GET', `/api/v1/connections/con_1/messages?${query}`)
        const [path] = query.split('=')
        expect({ status, json }).toMatchObject({ status: 422, json: { errors: [{ path }] } })
      },
    )

    it('an unknown connection with 404', async () => {
      expect(await world.call('GET', '/api/v1/connections/con_9/messages')).toMatchObject({ status: 404 })
    })

    it.each(['msg_1_1', 'msg_99_1', 'msg_1_0', 'nonsense', 'msg_1_1x', 'msg_1e3_1'])(
      'the message id %s, which nobody has, with 404',
      async (id) => {
        expect(await world.call('GET', `/api/v1/messages/${id}`)).toMatchObject({
          ...{ status: 404, json: { code: 'not_found' } },
        })
      },
    )
  })
})
