import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway, waitFor, type Causeway, type Stats } from './causeway.ts'

const total = 20_000
const perRequest = 50
const eventName = 'segment::Survived'
/** One request in flight for a kill of the worker; a run is at most this many entries. */
const inFlightMax = 1_000

let causeway: Causeway

beforeAll(async () => {
  causeway = await startCauseway()
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

/**
 * One batch, again and again until it is accepted: what the official SDKs do, without their limits on the number of
 * retries, so that the test's subject is us. The same messageIds each time.
 */
async function send(writeKey: string, from: number): Promise<void> {
  const batch = Array.from({ length: perRequest }, (_, i) => ({
    type: 'track',
    event: 'Survived',
    userId: `u${from + i}`,
    messageId: `kill-${from + i}`,
    timestamp: new Date().toISOString(),
    properties: { n: from + i, text: 'x'.repeat(400) },
  }))
  for (;;) {
    try {
      const response = await fetch(`${causeway.url}/v1/batch`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` },
        body: JSON.stringify({ batch }),
        signal: AbortSignal.timeout(10_000),
      })
      if (response.status === 200) return
    } catch {
      // The api is being restarted.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

describe('kill -9 in the middle of 20,000 events', () => {
  it('of the worker, the api and Temporal in turn loses nothing and repeats at most what was in flight', async () => {
    const { id, writeKey } = await causeway.api<{ id: string; writeKey: string }>('POST', '/connections', {
      name: 'Kill',
      statsig: { serverKey: 'secret-kill' },
    })
    // Each request takes a moment, so that a kill falls into one.
    await causeway.sandbox('POST', '/faults', { target: 'statsig.log_event', delayMs: 40 })
    const victims = ['bin/worker', 'bin/api', 'start-dev', 'bin/worker']
    let next = 0
    const loader = async () => {
      for (let from = next; from < total; from = next) {
        next += perRequest
        await send(writeKey, from)
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
    }
    const loading = Promise.all([loader(), loader(), loader(), loader()])
    for (const [index, victim] of victims.entries()) {
      const share = ((index + 1) * total) / (victims.length + 1)
      await waitFor(() => next >= share, 120_000)
      const pid = causeway.kill9(victim)
      await waitFor(
        () => ![undefined, pid].includes(causeway.pidOf(victim)),
        60_000,
        () => `${victim} was not restarted`,
      )
    }
    await loading

    const totals = async () => (await causeway.api<Stats>('GET', `/connections/${id}/stats`)).inbound.totals
    await waitFor(async () => (await totals()).pending === 0 && (await totals()).delivered >= total, 120_000)
    const { accepted, delivered, skipped, rejected, filtered } = await totals()
    expect(accepted).toBe(delivered + skipped)
    expect({ delivered, rejected, filtered }).toEqual({ delivered: total, rejected: 0, filtered: 0 })

    const events = await causeway.sandbox<{ eventName: string; metadata: { n: string } }[]>(
      'GET',
      '/statsig/events',
    )
    const seen = events.filter((event) => event.eventName === eventName).map(({ metadata }) => metadata.n)
    const arrived = new Set(seen)
    const missing = Array.from({ length: total }, (_, n) => String(n)).filter((n) => !arrived.has(n)).length
    expect({ missing }).toEqual({ missing: 0 })
    const repeats = seen.length - total
    console.log(
      `kill test: ${seen.length} arrived, ${repeats} of them again; ${skipped} resent by the loader were skipped`,
    )
    expect(repeats).toBeLessThanOrEqual(2 * inFlightMax)
  }, 300_000)

  it('is followed by a clean stop, and a second start goes on with the data of the first', async () => {
    expect(await causeway.stop()).toBe(0)
    for (const part of ['bin/api', 'bin/worker', 'bin/sandbox', 'start-dev'])
      expect(causeway.pidOf(part)).toBeUndefined()
    const { dataDir } = causeway
    causeway = await startCauseway(dataDir)
    const { data } = await causeway.api<{ data: { id: string; name: string }[] }>('GET', '/connections')
    expect(data.map(({ name }) => name)).toEqual(['Demo', 'Kill'])
    const stats = await causeway.api<Stats>('GET', `/connections/${data[1]?.id ?? ''}/stats`)
    expect(stats.inbound.totals).toMatchObject({ delivered: total, pending: 0 })
  }, 180_000)
})
