/** Steady live traffic, so many requests a second, and how it fares: at the door, and until it is delivered. */
import { randomBytes } from 'node:crypto'

export interface Live {
  seconds: number
  requests: number
  p50Ms: number
  p99Ms: number
  /** Accept to delivered, p50, as the product records it. */
  deliveredMs: number
}

export const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const perSecond = 50
const eventsPerRequest = 10

interface Target {
  url: string
  apiKey: string
  connection: string
  writeKey: string
  seconds: number
}

/** Requests go out by the clock, whether the ones before are answered or not. */
export async function measureLive(target: Target): Promise<Live> {
  const { url, writeKey, seconds } = target
  const name = `Live ${randomBytes(6).toString('hex')}`
  const tookMs: number[] = []
  const sent: Promise<void>[] = []
  const send = async (n: number) => {
    const batch = Array.from({ length: eventsPerRequest }, (_, item) => ({
      ...{ type: 'track', event: name, userId: `u${n}`, messageId: `${name}-${n}-${item}` },
      ...{ timestamp: new Date().toISOString(), properties: { n, plan: 'pro', text: 'x'.repeat(300) } },
    }))
    const body = JSON.stringify({ writeKey, batch })
    const startedMs = performance.now()
    const answer = await post(`${url}/v1/batch`, body)
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`the door answered ${answer.status}`)
    tookMs.push(performance.now() - startedMs)
  }
  const startedMs = performance.now()
  for (let n = 0; n < seconds * perSecond; n += 1) {
    const waitMs = startedMs + (n * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    sent.push(send(n))
  }
  await Promise.all(sent)
  tookMs.sort((a, b) => a - b)
  const at = (share: number) => Math.round((tookMs[Math.floor(tookMs.length * share)] ?? 0) * 10) / 10
  const deliveredMs = await deliveredMsOf(target, name)
  return { seconds, requests: tookMs.length, p50Ms: at(0.5), p99Ms: at(0.99), deliveredMs }
}

/** A connection that the server has just closed for its idleness is no answer: as the SDKs do, once more. */
async function post(url: string, body: string): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetch(url, { method: 'POST', body })
    } catch (error) {
      if (tries === 10) throw error
    }
  }
}

async function deliveredMsOf({ url, apiKey, connection }: Target, event: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const query = new URLSearchParams({ event, lane: 'events', limit: '200' })
  const waits: number[] = []
  for (let page = 0; page < 20; page += 1) {
    const answer = await fetch(`${url}/api/v1/connections/${connection}/messages?${query.toString()}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    const { data, nextCursor } = (await answer.json()) as {
      data: { receivedAt: string; endedAt?: string }[]
      nextCursor: string | null
    }
    for (const { receivedAt, endedAt } of data)
      waits.push(endedAt === undefined ? Infinity : Date.parse(endedAt) - Date.parse(receivedAt))
    if (nextCursor === null) break
    query.set('cursor', nextCursor)
  }
  return median(waits)
}
