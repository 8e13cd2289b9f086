// The judge: Segment's own server SDK, unchanged, against the sandbox on loopback.
import { Analytics } from '@segment/analytics-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serveSandbox, type RunningSandbox } from '../../../sandbox/serve.ts'
import { segmentAt, type SegmentClient } from './segment-client.ts'

let running: RunningSandbox
let sandbox: SegmentClient

beforeEach(async () => {
  running = await serveSandbox({ port: 0, nowMs: Date.now })
  sandbox = segmentAt(running.origin)
})

afterEach(() => running.close())

const start = (writeKey: string) =>
  new Analytics({ writeKey, host: running.origin, flushAt: 20, maxRetries: 2 })

describe('@segment/analytics-node', () => {
  it('sends every kind of call, and all of them are listed', async () => {
    const analytics = start('source-web')
    analytics.track({ userId: 'u1', event: 'Bought', properties: { revenue: 19.99 } })
    analytics.identify({ userId: 'u1', traits: { plan: 'pro' } })
    analytics.page({ anonymousId: 'a1', name: 'Home', category: 'Docs' })
    analytics.screen({ anonymousId: 'a1', name: 'Main' })
    analytics.group({ userId: 'u1', groupId: 'g1' })
    analytics.alias({ userId: 'u1', previousId: 'old' })
    await analytics.closeAndFlush()
    expect((await sandbox.messages()).map(({ type }) => type)).toEqual([
      'track',
      'identify',
      'page',
      'screen',
      'group',
      'alias',
    ])
    expect(await sandbox.tracked()).toMatchObject([
      { path: '/v1/batch', status: 200, writeKey: 'source-web', messageCount: 6 },
    ])
  })

  it('tries again after a 503 and a cut connection, and the message is listed once', async () => {
    await sandbox.addFault({ target: 'segment.batch', status: 503, times: 1 })
    await sandbox.addFault({ target: 'segment.batch', hangUp: true, times: 1 })
    const analytics = start('source-web')
    analytics.track({ userId: 'u1', event: 'Insisted' })
    await analytics.closeAndFlush({ timeout: 15_000 })
    expect(await sandbox.messages()).toHaveLength(1)
    expect((await sandbox.tracked()).map(({ status }) => status)).toEqual([503, null, 200])
    expect((await sandbox.tracked())[2]?.headers['x-retry-count']).toBe('2')
  }, 20_000)

  it('hears nothing of an unknown write key', async () => {
    const analytics = start('unknown-key')
    const errors: unknown[] = []
    analytics.on('error', (error) => errors.push(error))
    analytics.track({ userId: 'u1', event: 'Lost' })
    await analytics.closeAndFlush()
    expect(errors).toEqual([])
    expect(await sandbox.messages()).toEqual([])
  })
})
