/**
 * The demo: a connection with the write key `demo`, one real event through it by Segment's own SDK, and its journey as
 * the API tells it. Everything goes over HTTP, as a user would do it.
 */
import { Analytics } from '@segment/analytics-node'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

export interface Api {
  url: string
  /** The admin key. */
  key: string
}

export interface Journey {
  connectionId: string
  messageId: string
  /** Lines for the terminal. */
  told: string
  delivered: boolean
}

const writeKey = 'demo'
const demoConnection = {
  name: 'Demo',
  setup: 'manual',
  writeKey,
  statsig: { serverKey: 'secret-demo' },
}

const Connections = z.object({
  data: z.array(z.object({ id: z.string(), writeKey: z.string() })),
  nextCursor: z.string().nullish(),
})
const Entry = z.object({
  id: z.string(),
  outcome: z.string(),
  reason: z.string().nullish(),
  receivedAt: z.string().nullish(),
  endedAt: z.string().nullish(),
})
const Entries = z.object({ data: z.array(Entry) })
const Story = z.object({
  attempts: z.array(z.object({ at: z.string(), status: z.number().nullish() })).default([]),
})

async function call(api: Api, path: string, signal: AbortSignal, body?: unknown): Promise<unknown> {
  const response = await fetch(`${api.url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}

/** The id of the demo connection; made at the first start, found again at later ones. */
export async function demoConnectionId(api: Api, signal: AbortSignal): Promise<string> {
  let cursor: string | null | undefined
  do {
    const page = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
    const { data, nextCursor } = Connections.parse(await call(api, `/connections?limit=100${page}`, signal))
    const demo = data.find((connection) => connection.writeKey === writeKey)
    if (demo) return demo.id
    cursor = nextCursor
  } while (cursor)
  return z.object({ id: z.string() }).parse(await call(api, '/connections', signal, demoConnection)).id
}

/** Sends one event as any Node program would, and answers its messageId once the SDK has its 200. */
export async function sendDemoEvent(apiUrl: string): Promise<string> {
  const analytics = new Analytics({
    writeKey,
    host: apiUrl,
    flushAt: 1,
    maxRetries: 2,
    httpRequestTimeout: 5_000,
  })
  const messageId = `demo-${randomUUID()}`
  const failed = (why: unknown): Error => new Error(`Segment's SDK could not send: ${String(why)}`)
  await new Promise<void>((resolve, reject) => {
    analytics.on('error', ({ code, reason }) => reject(failed(reason ?? code)))
    const properties = { value: 1, plan: 'demo' }
    analytics.track({ userId: 'ada', event: 'Causeway Started', messageId, properties }, (error) => {
      if (error) reject(failed(error))
      else resolve()
    })
  })
  await analytics.closeAndFlush({ timeout: 2_000 })
  return messageId
}

function tell(entry: z.infer<typeof Entry>, attempts: z.infer<typeof Story>['attempts']): string {
  const begin = entry.receivedAt ? Date.parse(entry.receivedAt) : undefined
  const after = (at: string | null | undefined): string =>
    at && begin !== undefined ? `+${Date.parse(at) - begin} ms` : ''
  const attempt = attempts.at(-1)
  const rows = [
    ['accepted', entry.receivedAt?.slice(11, 23) ?? '', 'on disk before the SDK had its 200'],
    ['drained', after(attempt?.at), 'read from its lane, mapped, claimed, sent'],
    [
      entry.outcome,
      after(entry.endedAt),
      [attempt?.status && `Statsig answered ${attempt.status}`, entry.reason].filter(Boolean).join(', '),
    ],
  ]
  return rows
    .map(([name = '', at = '', what = '']) => `  ${name.padEnd(11)} ${at.padEnd(13)} ${what}`.trimEnd())
    .join('\n')
}

/** Sends the event and follows it to its ending, for `patienceMs` at most. */
export async function demoJourney(api: Api, signal: AbortSignal, patienceMs = 30_000): Promise<Journey> {
  const connectionId = await demoConnectionId(api, signal)
  const messageId = await sendDemoEvent(api.url)
  const path = `/connections/${connectionId}/messages?messageId=${encodeURIComponent(messageId)}`
  const sentAt = performance.now()
  for (;;) {
    const entry = Entries.parse(await call(api, path, signal)).data[0]
    if (entry && entry.outcome !== 'pending') {
      const { attempts } = Story.parse(await call(api, `/messages/${entry.id}`, signal))
      return {
        connectionId,
        messageId,
        told: tell(entry, attempts),
        delivered: entry.outcome === 'delivered',
      }
    }
    if (performance.now() - sentAt > patienceMs) {
      const told = `  accepted, but after ${Math.round(patienceMs / 1_000)} s it is ${entry ? 'still pending' : 'not listed'}; it is kept and goes out when it can`
      return { connectionId, messageId, told, delivered: false }
    }
    await sleep(100, undefined, { signal })
  }
}
