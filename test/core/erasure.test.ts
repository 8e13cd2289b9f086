import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eraseItems, erasedItem, isAbout, isErasedItem, mayName, personIdsOf } from '../../core/erasure.ts'

const ann = { userId: 'ann' }
const batch = { source: 'tracking', call: 'batch' } as const
const bytes = (body: unknown) => Buffer.from(JSON.stringify(body))
const parsed = (body: Uint8Array | undefined) =>
  JSON.parse(body === undefined ? 'null' : Buffer.from(body).toString()) as unknown

describe('personIdsOf', () => {
  it.each([
    ['a user id', { userId: 'ann' }, [{ kind: 'userId', id: 'ann' }]],
    ['a number, as its text', { userId: 42 }, [{ kind: 'userId', id: '42' }]],
    [
      'the id that an alias replaces',
      { userId: 'b', previousId: 'a' },
      ['b', 'a'].map((id) => ({ kind: 'userId', id })),
    ],
    ['the user of a Statsig event', { user: { userID: 'ann' } }, [{ kind: 'userId', id: 'ann' }]],
    ['its custom ids', { user: { customIDs: { device: 'd' } } }, [{ kind: 'anonymousId', id: 'd' }]],
    ['no blank, null or object', { userId: ' ', anonymousId: null, previousId: {} }, []],
    ['nothing of a text', 'ann', []],
  ])('reads %s', (_, item, ids) => expect(personIdsOf(item)).toEqual(ids))
})

describe('mayName', () => {
  const named = (text: string, person: object) => mayName(Buffer.from(text), person)
  it('passes over a body that does not hold the id', () => {
    expect(named('{"userId":"bob"}', ann)).toBe(false)
    expect(named('{"userId":"ann"}', ann)).toBe(true)
  })
  it('takes a second look where the id may be spelt otherwise', () => {
    expect(named(String.raw`{"userId":"a\u006en"}`, ann)).toBe(true)
    expect(named('{"userId":4.2e1}', { userId: '42' })).toBe(true)
  })
  it('never passes over a body with a message of the person', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.array(fc.string()), (id, others) => {
        const items = [...others, id].map((userId) => ({ userId }))
        const [person] = personIdsOf({ userId: id })
        fc.pre(person !== undefined)
        return (
          !items.some((item) => isAbout(item, { userId: person.id })) ||
          mayName(bytes({ batch: items }), { userId: person.id })
        )
      }),
    )
  })
})

describe('eraseItems', () => {
  it("finds the events of Statsig's doors: an SDK's `events`, a webhook's array or `data`", () => {
    const [mine, other] = [
      { eventName: 'x', user: { userID: 'u1' } },
      { eventName: 'y', userID: 'u2' },
    ]
    const erase = (source: 'statsig_sdk' | 'statsig_webhook', body: unknown) => {
      const gone = eraseItems({ source, call: 'any' }, bytes(body), (item) => isAbout(item, { userId: 'u1' }))
      return gone && [gone.items, parsed(gone.body)]
    }
    expect(erase('statsig_sdk', { events: [other, mine] })).toEqual([[1], { events: [other, erasedItem] }])
    expect(erase('statsig_webhook', { data: [mine] })).toEqual([[0], { data: [erasedItem] }])
    expect(erase('statsig_webhook', [mine])).toEqual([[0], [erasedItem]])
    expect(erase('statsig_webhook', mine)).toEqual([[0], erasedItem])
  })

  describe("of an SDK's request with a default user", () => {
    const sdk = { source: 'statsig_sdk', call: 'log_event:client' } as const
    const own = { eventName: 'own', user: { userID: 'bob' } }
    const erase = (person: object, body: object) => {
      const gone = eraseItems(sdk, bytes(body), (item, _, batch) => isAbout(item, person, batch))
      return gone && [gone.items, parsed(gone.body)]
    }
    const user = { userid: 'ann', email: 'ann@example.com' }

    it('takes the events that lean on the user, and the user', () => {
      expect(erase(ann, { user, events: [{ eventName: 'a' }, own, { eventName: 'b', user: null }] })).toEqual(
        [[0, 2], { events: [erasedItem, own, erasedItem] }],
      )
    })

    it('takes a user on whom no event leans', () => {
      expect(erase(ann, { user, events: [own] })).toEqual([[], { events: [own] }])
      expect(erase({ userId: 'bob' }, { user, events: [own, { eventName: 'a' }] })).toEqual([
        [0],
        { user, events: [erasedItem, { eventName: 'a' }] },
      ])
    })

    it('takes all that a device logged, by its stable id', () => {
      const body = { events: [own, { eventName: 'a' }], statsigMetadata: { stableID: 'dev', sdkType: 'js' } }
      expect(erase({ anonymousId: 'dev' }, body)).toEqual([
        [0, 1],
        { events: [erasedItem, erasedItem], statsigMetadata: { sdkType: 'js' } },
      ])
      expect(erase({ anonymousId: 'other' }, body)).toBeUndefined()
    })
  })

  const isAnn = (item: unknown) => isAbout(item, ann)

  it('leaves every other message in its place, and as it was', () => {
    const items = [{ userId: 'bob', n: 1 }, { userId: 'ann' }, { userId: 'cy', deep: { list: [1, null] } }]
    const erased = eraseItems(batch, bytes({ batch: items, sentAt: 'then' }), isAnn)
    expect(erased?.items).toEqual([1])
    expect(parsed(erased?.body)).toEqual({ batch: [items[0], erasedItem, items[2]], sentAt: 'then' })
  })

  it.each([
    ['a single call', { source: 'tracking', call: 'track' } as const, { userId: 'ann' }, erasedItem],
    ['a webhook of one', { source: 'webhook', call: 'webhook' } as const, { userId: 'ann' }, erasedItem],
    [
      'a webhook of many',
      { source: 'webhook', call: 'webhook' } as const,
      [{ userId: 'ann' }, { userId: 'b' }],
      [erasedItem, { userId: 'b' }],
    ],
    [
      'a wrapped one',
      { source: 'webhook', call: 'webhook' } as const,
      [{ json: { userId: 'ann' } }],
      [erasedItem],
    ],
  ])('finds the message of %s', (_, request, body, left) =>
    expect(parsed(eraseItems(request, bytes(body), isAnn)?.body)).toEqual(left),
  )

  it('answers undefined where nothing is the person’s, and for what is erased already', () => {
    expect(eraseItems(batch, bytes({ batch: [{ userId: 'bob' }] }), isAnn)).toBeUndefined()
    expect(eraseItems(batch, bytes({ batch: [erasedItem] }), () => true)).toBeUndefined()
  })
})

describe('isErasedItem', () => {
  it('knows the mark and nothing that resembles it', () => {
    expect(isErasedItem(erasedItem)).toBe(true)
    expect(isErasedItem({ $causeway: 'else' })).toBe(false)
    expect(isErasedItem(Object.create(erasedItem))).toBe(false)
  })
})
