// npm `@segment/analytics-node`, in the process of the test.
import { Analytics } from '@segment/analytics-node'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Job } from './client.ts'

export function nodeClient(): Client {
  return {
    name: '@segment/analytics-node 3.1.0',
    async prepare() {
      return undefined
    },
    async run(job) {
      const { writeKey, host } = job
      const analytics = new Analytics({ writeKey, host, flushAt: 10, flushInterval: 100 })
      let lost: unknown
      analytics.on('error', (error) => (lost = error))
      if (job.kind === 'calls') everyCall(analytics, job.name)
      else await stream(analytics, job)
      // Without this limit the library gives up what it is still retrying.
      await analytics.closeAndFlush({ timeout: 60_000 })
      if (lost !== undefined) throw new Error('the library lost a message', { cause: lost })
    },
  }
}

function everyCall(analytics: Analytics, userId: string): void {
  const ids = { userId, anonymousId: `${userId}-device` }
  analytics.track({
    ...{ ...ids, event: 'Order Completed' },
    properties: { revenue: 19.99, nested: { a: 1 } },
  })
  analytics.identify({ ...ids, traits: { email: 'a@example.com' } })
  analytics.page({ ...ids, name: 'Home' })
  analytics.screen({ ...ids, name: 'Main' })
  analytics.group({ ...ids, groupId: 'g1', traits: { name: 'Acme' } })
  analytics.alias({ userId, previousId: 'old1' })
  analytics.track({ anonymousId: `${userId}-stranger`, event: 'Anonymous' })
  analytics.track({ userId, event: 'Kept Away', integrations: { All: false } })
  analytics.track({ userId, event: 'Let In', integrations: { All: false, Statsig: true } })
}

async function stream(analytics: Analytics, { name, count, everyMs }: Job): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    analytics.track({ userId: `u${n}`, event: name, properties: { n } })
    await sleep(everyMs)
  }
}
