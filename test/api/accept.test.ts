import { describe, expect, it } from 'vitest'
import { requestMessagesMax, sortIntoLanes } from '../../api/accept.ts'
import type { Receipt } from '../../core/receipt.ts'
import { createApiWorld } from '../support/fake-deps.ts'
import { makeIdentify, makeTrack, personas } from '../support/make-event.ts'

const receipt: Receipt = { receivedAtMs: Date.parse('2026-01-05T12:00:00.000Z'), source: 'tracking' }
const late = { type: 'track', timestamp: '2020-01-01T00:00:00Z' }

describe('sortIntoLanes', () => {
  it('names no items where one run takes the whole body, however long', () => {
    const rows = sortIntoLanes(
      Array.from({ length: 5_000 }, () => 1),
      receipt,
      3_600_000,
    )
    expect(rows).toEqual([{ lane: 'events', sole: true, count: 5_000, items: undefined }])
  })

  it('names at most a thousand items in a row, so that a drain need not read a long list again and again', () => {
    const rows = sortIntoLanes([...Array.from({ length: 2_500 }, () => 1), late], receipt, 3_600_000)
    expect(rows.map(({ lane, count }) => [lane, count])).toEqual([
      ['events', 1_000],
      ['events', 1_000],
      ['events', 500],
      ['late', 1],
    ])
    expect(rows.flatMap(({ items }) => items)).toEqual(Array.from({ length: 2_501 }, (_, index) => index))
  })
})

describe('accept', () => {
  const auth = `Basic ${Buffer.from('demo-key:').toString('base64')}`
  async function sendBatch(batch: unknown[], fields: object = {}) {
    const world = createApiWorld()
    try {
      await world.connect('con_1', { writeKey: 'demo-key' })
      const body = JSON.stringify({ ...fields, batch })
      const headers = { authorization: auth }
      const { status } = await world.app.request('/v1/batch', { method: 'POST', headers, body })
      const lanes = await world.store.stats.read('con_1', { sinceMs: 0, stepMs: 60_000 })
      const counts = lanes.map(({ lane, totals, sole }) => [lane, totals.accepted, sole.accepted])
      return { status, counts: counts.filter(([, accepted]) => accepted !== 0) }
    } finally {
      await world.close()
    }
  }
  const numbers = (length: number) => Array.from({ length }, () => 1)

  it('takes as many messages as any sender has, and refuses more with 413', async () => {
    const most = await sendBatch(numbers(requestMessagesMax))
    expect(most).toEqual({ status: 200, counts: [['events', requestMessagesMax, requestMessagesMax]] })
    expect(await sendBatch(numbers(requestMessagesMax + 1))).toEqual({ status: 413, counts: [] })
  })

  it('counts each entry once where messages of one lane and of two take turns', async () => {
    const batch = numbers(50).flatMap(() => [{ type: 'page' }, makeTrack(), makeIdentify()])
    expect(await sendBatch(batch, { context: personas })).toEqual({
      status: 200,
      counts: [
        ['events', 100, 50],
        ['audiences', 100, 50],
      ],
    })
  })
})
