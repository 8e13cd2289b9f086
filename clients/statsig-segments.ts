/**
 * ID lists through Statsig's Console API (docs.statsig.com/console-api, version 20240601): `segments` and their
 * `id_list`. A fault is a BridgeError whose code says what it means for the sync.
 */
import { z } from 'zod'
import { BridgeError, type ErrorCode } from '../core/errors.ts'
import { parseRetryAfter } from '../core/retry.ts'
import type { Clock, StatsigSegment, StatsigSegments } from '../core/ports.ts'

/** A call with 100,000 ids is some megabytes, and the vendor rewrites a list. */
const timeoutMs = 60_000
const answerCharsMax = 300
/** Another update of the list is under way: as long as nobody says when it ends. */
const updatingMs = 5_000
const pageIds = 10_000
const pageSegments = 100

const Pagination = z.object({ totalItems: z.number().optional(), nextPage: z.unknown().optional() }).loose()
const SegmentShape = z.object({
  id: z.string(),
  type: z.string(),
  idType: z.string().nullish(),
  count: z.number().nullish(),
})
const OneSegment = z.object({ data: SegmentShape })
const SegmentPage = z.object({ data: z.array(SegmentShape), pagination: Pagination.optional() })
const IdPage = z.object({ data: z.object({ ids: z.array(z.string()) }), pagination: Pagination.optional() })
const Metadata = z.object({ data: z.object({ isUpdating: z.boolean().nullish() }) })

interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  body?: object
}

/** A client for `<consoleUrl>/segments`. Redirects are not followed: a key must not travel to another host. */
export function createStatsigSegments({
  consoleUrl,
  clock,
}: {
  consoleUrl: string
  clock: Clock
}): StatsigSegments {
  const base = `${consoleUrl.replace(/\/$/, '')}/segments`

  const call = createCall(base, clock)
  return {
    async get(key, id, signal) {
      try {
        return segmentOf(OneSegment, await call(key, `/${encodeURIComponent(id)}`, signal))
      } catch (error) {
        if (error instanceof BridgeError && error.code === 'statsig.list_gone') return undefined
        throw error
      }
    },
    async create(key, { id, idType, description }, signal) {
      const body = { id, name: id, type: 'id_list', idType, description }
      await call(key, '', signal, { method: 'POST', body })
    },
    async addIds(key, id, ids, signal) {
      await call(key, listPath(id), signal, { method: 'PATCH', body: { ids } })
    },
    async removeIds(key, id, ids, signal) {
      await call(key, listPath(id), signal, { method: 'DELETE', body: { ids } })
    },
    async readIds(key, id, page, signal) {
      const path = `${listPath(id)}?limit=${pageIds}&page=${page}`
      const { data, pagination } = shaped(IdPage, await call(key, path, signal))
      return { ids: data.ids, isLast: isLast(data.ids.length, pagination) }
    },
    async isUpdating(key, id, signal) {
      const path = `/${encodeURIComponent(id)}/idlist_metadata`
      try {
        return shaped(Metadata, await call(key, path, signal)).data.isUpdating ?? false
      } catch (error) {
        // A list that knows no such thing is not being updated.
        if (error instanceof BridgeError && error.code.startsWith('statsig.list_')) return false
        throw error
      }
    },
    async projectIds(key, signal) {
      let ids = 0
      for (let page = 1; ; page += 1) {
        const answer = await call(key, `?limit=${pageSegments}&page=${page}`, signal)
        const { data, pagination } = shaped(SegmentPage, answer)
        ids += data.reduce((sum, { count }) => sum + (count ?? 0), 0)
        if (isLast(data.length, pagination)) return ids
      }
    },
  }
}

type Caller = (key: string, path: string, signal: AbortSignal, call?: Call) => Promise<unknown>

/** One request; whatever is not a success is thrown as what it means. */
function createCall(base: string, clock: Clock): Caller {
  return async function call(
    key: string,
    path: string,
    signal: AbortSignal,
    { method = 'GET', body }: Call = {},
  ): Promise<unknown> {
    const headers = {
      'statsig-api-key': key,
      'statsig-api-version': '20240601',
      'content-type': 'application/json',
    }
    const init = { method, headers, redirect: 'manual' as const, ...(body && { body: JSON.stringify(body) }) }
    const answer = await reach(`${base}${path}`, init, signal)
    const text = await answer.text().catch(() => '')
    if (answer.ok) return parse(text)
    throw faultOf(answer, text, clock.nowMs())
  }
}

const listPath = (id: string): string => `/${encodeURIComponent(id)}/id_list`

/** An empty page ends any list; where the vendor says whether there is a next one, that counts. */
function isLast(items: number, pagination: z.infer<typeof Pagination> | undefined): boolean {
  if (items === 0) return true
  return pagination === undefined || pagination.nextPage === null || pagination.nextPage === undefined
}

function segmentOf(shape: typeof OneSegment, answer: unknown): StatsigSegment {
  const { id, type, idType, count } = shaped(shape, answer).data
  return { id, type, idType: idType ?? 'userID', count: count ?? 0 }
}

async function reach(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) })
  } catch (error) {
    if (signal.aborted) throw error
    // A fault's message may quote a header, and so the key.
    throw new BridgeError('statsig.unavailable', 'the Console API cannot be reached')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BridgeError('statsig.unavailable', 'the Console API answered something that is not JSON')
  }
}

function shaped<T>(shape: z.ZodType<T>, answer: unknown): T {
  const parsed = shape.safeParse(answer)
  if (!parsed.success) throw new BridgeError('statsig.unavailable', 'the Console API gave another shape')
  return parsed.data
}

/** Any status that is not named means "later": a proxy's odd answer must not lose a change. */
const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'statsig.list_refused',
  401: 'statsig.console_key_refused',
  403: 'statsig.console_key_refused',
  404: 'statsig.list_gone',
  413: 'statsig.list_too_large',
  422: 'statsig.list_refused',
  429: 'statsig.rate_limited',
}

function faultOf(answer: Response, text: string, nowMs: number): BridgeError {
  const { status, headers } = answer
  const code = codes[status] ?? 'statsig.unavailable'
  const asked = parseRetryAfter(headers.get('retry-after'), nowMs)
  const retryAfterMs = asked ?? (status === 409 ? updatingMs : undefined)
  const said = code === 'statsig.list_refused' ? `: ${messageIn(text)}` : ''
  return new BridgeError(code, `HTTP ${status}${said}`, retryAfterMs === undefined ? {} : { retryAfterMs })
}

/** Statsig's words on a refusal, for a person; only ever stored, never put into a history. */
function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message.slice(0, answerCharsMax)
  } catch {
    // Not JSON: the text itself is shown.
  }
  return text.slice(0, answerCharsMax)
}
