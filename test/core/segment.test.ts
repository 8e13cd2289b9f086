import { describe, expect, it } from 'vitest'
import { messageTypeOf, unpackTracking, unpackWebhook } from '../../core/segment.ts'

describe('unpackTracking', () => {
  it('takes a single call for its own one item', () => {
    const body = { event: 'x', userId: 'u', batch: [1], context: { ip: '1.2.3.4' } }
    expect(unpackTracking(body, 'track')).toEqual({ ok: true, items: [body], batch: {} })
  })

  it('takes the items of a batch as they are, with what the batch says of all of them', () => {
    const body = {
      batch: [{ type: 'track' }, 1, null],
      context: { a: 1 },
      integrations: { All: false },
      sentAt: 'then',
    }
    const batch = { context: { a: 1 }, integrations: { All: false }, sentAt: 'then' }
    expect(unpackTracking(body, 'batch')).toEqual({ ok: true, items: body.batch, batch })
  })

  it('leaves out a context or integrations of a batch that are no objects', () => {
    const body = { batch: [], context: [], integrations: 'none', sentAt: null }
    expect(unpackTracking(body, 'batch')).toEqual({ ok: true, items: [], batch: {} })
  })

  it.each([null, 1, 'x', [], [{ type: 'track' }], undefined])('refuses %j, which is no object', (body) => {
    expect(unpackTracking(body, 'track')).toMatchObject({ ok: false, code: 'not_an_object' })
    expect(unpackTracking(body, 'batch')).toMatchObject({ ok: false, code: 'not_an_object' })
  })

  it.each([{}, { batch: null }, { batch: {} }, { batch: 'x' }])(
    'refuses %j, which has no batch array',
    (body) => {
      expect(unpackTracking(body, 'batch')).toMatchObject({ ok: false, code: 'no_batch_array' })
    },
  )
})

describe('messageTypeOf', () => {
  it('gives single calls the type of their route, and batches none', () => {
    expect(messageTypeOf('page')).toBe('page')
    expect(messageTypeOf('batch')).toBeUndefined()
  })
})

describe('unpackWebhook', () => {
  it('takes one message or an array of them', () => {
    expect(unpackWebhook({ type: 'track' })).toEqual({ ok: true, items: [{ type: 'track' }], batch: {} })
    expect(unpackWebhook([{ type: 'track' }, 7])).toEqual({
      ok: true,
      items: [{ type: 'track' }, 7],
      batch: {},
    })
  })

  it('unwraps elements that are wrapped as json, each by itself', () => {
    const wrapped = [{ json: { type: 'track' } }, { type: 'page' }, { json: 1, type: 'page' }]
    const items = [{ type: 'track' }, { type: 'page' }, { json: 1, type: 'page' }]
    expect(unpackWebhook(wrapped)).toEqual({ ok: true, items, batch: {} })
    expect(unpackWebhook({ json: { type: 'track' } })).toMatchObject({ items: [{ type: 'track' }] })
  })

  it('refuses what is neither object nor array', () => {
    expect(unpackWebhook('x')).toMatchObject({ ok: false, code: 'not_an_object' })
    expect(unpackWebhook(null)).toMatchObject({ ok: false, code: 'not_an_object' })
  })
})
