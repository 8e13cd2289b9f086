import { Analytics } from '@segment/analytics-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway, waitFor, type Causeway, type ListedEntry, type Stats } from './causeway.ts'

interface Connection {
  id: string
  status: string
  writeKey: string
  lanes: Record<string, { state: string; reason?: string; pending: number; workflowId: string }>
}
interface StatsigEvent {
  eventName: string
  time: number
  value?: number | string
  user: {
    userID?: string
    customIDs?: Record<string, string>
    custom?: Record<string, unknown>
    statsigEnvironment?: { tier: string }
  }
  metadata: Record<string, string>
}

let causeway: Causeway

beforeAll(async () => {
  causeway = await startCauseway()
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

const connect = (name: string, serverKey: string): Promise<Connection> =>
  causeway.api('POST', '/connections', { name, setup: 'manual', statsig: { serverKey } })
const read = (id: string): Promise<Connection> => causeway.api('GET', `/connections/${id}`)
const totals = async (id: string) =>
  (await causeway.api<Stats>('GET', `/connections/${id}/stats`)).inbound.totals
const arrived = async (name: string) =>
  (await causeway.sandbox<StatsigEvent[]>('GET', '/statsig/events')).filter(
    ({ eventName }) => eventName === name,
  )

/** The SDK as a user has it, with our address and nothing else changed. */
const sdk = (writeKey: string, flushAt: number): Analytics =>
  new Analytics({ writeKey, host: causeway.url, flushAt, flushInterval: 1_000 })

describe('npm start', () => {
  it('shows one real event on its way to Statsig', () => {
    expect(causeway.output()).toMatch(/SANDBOX/)
    expect(causeway.output()).toMatch(/delivered +\+\d+ ms/)
  })

  it('is ready, and says so check by check', async () => {
    const answer = await fetch(`${causeway.url}/readyz`)
    expect(await answer.json()).toMatchObject({
      ready: true,
      checks: { temporal: { ok: true }, worker: { ok: true } },
    })
  })
})

describe('100 messages by the Segment SDK in one batch', () => {
  it('arrive as the Statsig events that the mission describes, each with its outcome', async () => {
    const { id, writeKey } = await connect('Batch', 'secret-batch')
    const analytics = sdk(writeKey, 100)
    const at = new Date(Date.now() - 60_000)
    for (let n = 0; n < 100; n += 1) {
      const special = {
        statsigCustomIDs: ['companyID', `company-${n}`],
        statsigCustom: ['isVIP', 'true', 'marketing_campaign', 'abx343'],
        statsigEnvironment: { tier: 'staging' },
      }
      const properties = { n, sku: 'a1', revenue: 19.5, ...(n % 2 === 0 ? special : {}) }
      analytics.track({
        userId: `u${n}`,
        anonymousId: `anon${n}`,
        event: 'Batch Bought',
        messageId: `batch-${n}`,
        timestamp: at,
        properties,
      })
    }
    await analytics.closeAndFlush()
    await waitFor(async () => (await totals(id)).delivered === 100, 20_000)

    const events = await arrived('segment::Batch Bought')
    expect(events).toHaveLength(100)
    for (const event of events) {
      const n = Number(event.metadata.n)
      const special = n % 2 === 0
      expect(event.user.userID).toBe(`u${n}`)
      expect(event.user.customIDs).toEqual({
        segmentAnonymousId: `anon${n}`,
        ...(special ? { companyID: `company-${n}` } : {}),
      })
      expect(event.user.statsigEnvironment).toEqual({ tier: special ? 'staging' : 'production' })
      expect(event.user.custom).toEqual(special ? { isVIP: 'true', marketing_campaign: 'abx343' } : undefined)
      expect(event.value).toBe(19.5)
      expect(Math.abs(event.time - at.getTime())).toBeLessThan(2_000)
      expect(Object.keys(event.metadata).filter((key) => key.startsWith('statsig'))).toEqual([])
    }
    const { data } = await causeway.api<{ data: ListedEntry[] }>(
      'GET',
      `/connections/${id}/messages?limit=500`,
    )
    const outcomes = new Map(data.map(({ messageId, outcome }) => [messageId, outcome]))
    expect(outcomes.size).toBe(100)
    expect(new Set(outcomes.values())).toEqual(new Set(['delivered']))
  }, 60_000)
})

describe('a revoked key', () => {
  it('needs attention within one attempt; events are accepted still, and the new key delivers them all', async () => {
    const { id, writeKey } = await connect('Revoked', 'secret-revoked-1')
    const analytics = sdk(writeKey, 10)
    for (let n = 0; n < 10; n += 1)
      analytics.track({ userId: `u${n}`, event: 'Kept', messageId: `kept-${n}` })
    await waitFor(async () => (await read(id)).status === 'needs_attention', 15_000)
    const { data } = await causeway.api<{ data: ListedEntry[] }>(
      'GET',
      `/connections/${id}/messages?outcome=pending`,
    )
    const story = await causeway.api<{ attempts: { status: number }[] }>(
      'GET',
      `/messages/${data[0]?.id ?? ''}`,
    )
    expect(story.attempts.map(({ status }) => status)).toEqual([401])
    for (let n = 10; n < 20; n += 1)
      analytics.track({ userId: `u${n}`, event: 'Kept', messageId: `kept-${n}` })
    await analytics.closeAndFlush()
    await waitFor(async () => (await totals(id)).accepted === 20, 10_000)
    expect(await totals(id)).toMatchObject({ accepted: 20, pending: 20 })
    expect((await read(id)).lanes.events).toMatchObject({
      state: 'needs_attention',
      reason: expect.stringContaining('401') as string,
    })
    // A lane that waits for a person is not a stalled one.
    expect((await fetch(`${causeway.url}/readyz`)).status).toBe(200)

    await causeway.api('PATCH', `/connections/${id}`, { statsig: { serverKey: 'secret-good-again' } })
    await waitFor(async () => (await totals(id)).delivered === 20, 20_000)
    expect(await read(id)).toMatchObject({ status: 'active' })
    expect(await arrived('segment::Kept')).toHaveLength(20)
  }, 60_000)
})
