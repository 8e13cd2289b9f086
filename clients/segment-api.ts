/**
 * Segment's Public API, as far as set-up needs it, and the one test event of its proof. Paths, envelope and errors are
 * those of npm `@segment/public-api-sdk-typescript` 47.0.0 (docs.segmentapis.com): `{"data": …}`, `{"errors": [{message}]}`,
 * pages by `pagination.cursor`.
 */
import { z } from 'zod'
import { BridgeError } from '../core/errors.ts'
import type { Clock, SegmentApi, SegmentSource } from '../core/ports.ts'
import { parseRetryAfter } from '../core/retry.ts'
import { proofEvent } from '../core/setup.ts'

const timeoutMs = 15_000
/** Of each list: a workspace with more sources than these is set up with a smaller token, or by hand. */
const pagesMax = 20
const pageSize = 200
const mediaType = 'application/vnd.segment.v1+json'
/** 'Webhooks (Actions)' of Segment's catalogue. */
const webhookMetadataId = '614a3c7d791c91c41bae7599'

const Workspace = z.object({ workspace: z.object({ id: z.string(), name: z.string() }) })
const Source = z.object({
  ...{ id: z.string(), slug: z.string(), name: z.string().optional(), workspaceId: z.string() },
  writeKeys: z.array(z.string()).default([]),
})
const Named = z.object({ id: z.string(), name: z.string().optional() })
const Metadata = z.object({
  destinationMetadata: z.object({ actions: z.array(z.object({ id: z.string(), slug: z.string() })) }),
})
const Created = z.object({ destination: z.object({ id: z.string() }) })
const Enveloped = z.object({ data: z.unknown() })
const Refusal = z.object({
  errors: z.array(z.object({ message: z.string().optional(), data: z.unknown().optional() })).min(1),
})

type Call = <T extends z.ZodType>(
  token: string,
  method: string,
  path: string,
  schema: T,
  body?: unknown,
) => Promise<z.infer<T>>

/** `apiUrl` is the Public API's base, `trackingUrl` the tracking API's with its `/v1`. Redirects are not followed. */
export function createSegmentApi(deps: { apiUrl: string; trackingUrl: string; clock: Clock }): SegmentApi {
  const call = createCall(deps)
  const list = createList(call)
  return {
    async workspace(token) {
      return (await call(token, 'GET', '/', Workspace)).workspace
    },
    async sources(token) {
      return (await list(token, '/sources', 'sources', Source)).map(toSource)
    },
    async destinationsNamed(token, sourceId, name) {
      const path = `/sources/${encodeURIComponent(sourceId)}/connected-destinations`
      const found = await list(token, path, 'destinations', Named)
      return found.filter((destination) => destination.name === name).map(({ id }) => id)
    },
    async createDestination(token, { sharedSecret, ...made }) {
      const body = { ...made, metadataId: webhookMetadataId, enabled: true, settings: { sharedSecret } }
      return (await call(token, 'POST', '/destinations', Created, body)).destination.id
    },
    async subscribe(token, destinationId, { name, url, headers, trigger }) {
      const path = `/destinations/${encodeURIComponent(destinationId)}/subscriptions`
      const there = await list(token, path, 'subscriptions', Named)
      if (there.some((subscription) => subscription.name === name)) return
      const { destinationMetadata } = await call(
        ...([token, 'GET', `/catalog/destinations/${webhookMetadataId}`, Metadata] as const),
      )
      const action = destinationMetadata.actions.find(({ slug }) => slug === 'send')
      if (!action) throw new BridgeError('segment.refused', 'its catalogue has no action to send webhooks')
      const settings = {
        ...{ url, method: 'POST', headers, data: { '@path': '$.' } },
        ...{ enable_batching: true, batch_size: 1_000 },
      }
      const body = { name, actionId: action.id, trigger, enabled: true, settings }
      await call(token, 'POST', path, z.unknown(), body)
    },
    async removeDestination(token, destinationId) {
      try {
        await call(token, 'DELETE', `/destinations/${encodeURIComponent(destinationId)}`, z.unknown())
      } catch (error) {
        if (!(error instanceof BridgeError) || !error.detail.startsWith('HTTP 404')) throw error
      }
    },
    sendTest: createSendTest(deps),
  }
}

const toSource = ({ writeKeys, name, ...source }: z.infer<typeof Source>): SegmentSource => ({
  ...source,
  ...{ name: name ?? source.slug, writeKey: writeKeys[0] },
})

function createList(call: Call) {
  return async function list<T extends z.ZodType>(
    token: string,
    path: string,
    field: string,
    item: T,
  ): Promise<z.infer<T>[]> {
    const Page = z.object({
      [field]: z.array(item),
      pagination: z.object({ next: z.string().nullish() }).optional(),
    })
    const found: z.infer<T>[] = []
    for (let cursor = '', page = 0; page < pagesMax; page += 1) {
      const query = new URLSearchParams({ 'pagination.count': String(pageSize) })
      if (cursor !== '') query.set('pagination.cursor', cursor)
      const data = (await call(token, 'GET', `${path}?${query.toString()}`, Page)) as Record<string, unknown>
      found.push(...(data[field] as z.infer<T>[]))
      cursor = (data.pagination as { next?: string | null } | undefined)?.next ?? ''
      if (cursor === '') return found
    }
    return found
  }
}

function createCall({ apiUrl, clock }: { apiUrl: string; clock: Clock }): Call {
  const base = apiUrl.replace(/\/$/, '')
  return async function call(token, method, path, schema, body) {
    const headers = {
      ...{ authorization: `Bearer ${token}`, accept: mediaType },
      ...(body === undefined ? {} : { 'content-type': mediaType }),
    }
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const { response, json } = await ask(`${base}${path}`, init)
    if (!response.ok) throw refusalOf(response, json, clock)
    const parsed = schema.safeParse(Enveloped.safeParse(json).data?.data)
    if (parsed.success) return parsed.data
    throw new BridgeError('segment.unavailable', `${method} ${pathOf(path)} gave another shape`)
  }
}

const pathOf = (path: string): string => path.split('?')[0] ?? path

async function ask(url: string, init: RequestInit): Promise<{ response: Response; json: unknown }> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { ...init, signal, redirect: 'manual' })
    const text = await response.text()
    return { response, json: parse(text) }
  } catch {
    // A fault's message may quote a header, and so the token.
    throw new BridgeError('segment.unavailable', 'no answer')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** 401 and 403 are a person's to mend, 429 and what is no clear refusal are waited for. */
function refusalOf({ status, headers }: Response, json: unknown, clock: Clock): BridgeError {
  const refusal = Refusal.safeParse(json)
  const words = refusal.success ? refusal.data.errors.map(({ message }) => message ?? '').join(' ') : ''
  const detail = `HTTP ${status}${words === '' ? '' : `: ${words.slice(0, 300)}`}`
  if (status === 401) return new BridgeError('segment.token_refused', detail)
  if (status === 403) return new BridgeError('segment.forbidden', detail)
  if (status === 429) {
    const retryAfterMs =
      parseRetryAfter(headers.get('retry-after'), clock.nowMs()) ??
      parseRetryAfter(headers.get('x-ratelimit-reset'), clock.nowMs())
    return new BridgeError('segment.rate_limited', detail, retryAfterMs === undefined ? {} : { retryAfterMs })
  }
  const isClear = status >= 400 && status < 500 && status !== 408 && status !== 425
  return new BridgeError(isClear ? 'segment.refused' : 'segment.unavailable', detail)
}

function createSendTest({ trackingUrl }: { trackingUrl: string }): SegmentApi['sendTest'] {
  const url = `${trackingUrl.replace(/\/$/, '')}/track`
  return async (writeKey, messageId) => {
    const headers = {
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
      'content-type': 'application/json',
    }
    const body = JSON.stringify({
      ...{ event: proofEvent, messageId, anonymousId: 'causeway-setup' },
      context: { library: { name: 'causeway', version: '0.1.0' } },
    })
    const { response } = await ask(url, { method: 'POST', headers, body })
    if (!response.ok)
      throw new BridgeError('segment.unavailable', `HTTP ${response.status} to the test event`)
  }
}
