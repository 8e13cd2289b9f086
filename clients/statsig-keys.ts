/**
 * Looks at Statsig's keys without changing anything: whether a server key may log (an empty `log_event`, which is refused
 * for the key before it is for its emptiness), whether a console key may read, and whether both are of one project
 * (GET /console/v1/keys, docs.statsig.com/api/content/api-reference/keys/list-keys).
 */
import { z } from 'zod'
import type { KeyCheck, StatsigKeys } from '../core/ports.ts'

const timeoutMs = 10_000
const pagesMax = 10
const pageSize = 100
const Keys = z.object({ data: z.array(z.object({ key: z.string().nullish(), type: z.string() })) })

export function createStatsigKeys(urls: { eventsUrl: string; consoleUrl: string }): StatsigKeys {
  const eventsUrl = `${urls.eventsUrl.replace(/\/$/, '')}/log_event`
  const consoleUrl = urls.consoleUrl.replace(/\/$/, '')
  const asConsole = (key: string) => ({ 'statsig-api-key': key, 'statsig-api-version': '20240601' })
  return {
    async server(key) {
      const headers = { 'statsig-api-key': key, 'content-type': 'application/json' }
      return checkOf(await ask(eventsUrl, { method: 'POST', headers, body: '{"events":[]}' }), [400, 422])
    },
    async console(key) {
      return checkOf(await ask(`${consoleUrl}/unit_id_types`, { headers: asConsole(key) }), [])
    },
    async isOfProject(serverKey, consoleKey) {
      let seen = 0
      for (let page = 1; page <= pagesMax; page += 1) {
        const query = `limit=${pageSize}&page=${page}`
        const answer = await ask(`${consoleUrl}/keys?${query}`, { headers: asConsole(consoleKey) })
        const parsed = Keys.safeParse(answer?.json)
        if (!answer?.ok || !parsed.success) return undefined
        const keys = parsed.data.data.filter(({ type, key }) => type === 'SERVER' && key)
        if (keys.some(({ key }) => key === serverKey)) return true
        seen += keys.length
        if (parsed.data.data.length < pageSize) break
      }
      // A key that is not shown whole proves nothing.
      return seen > 0 ? false : undefined
    },
  }
}

interface Answer {
  status: number
  ok: boolean
  json: unknown
}

function checkOf(answer: Answer | undefined, alsoAlive: number[]): KeyCheck {
  if (answer === undefined) return 'unknown'
  if (answer.status === 401 || answer.status === 403) return 'refused'
  return answer.ok || alsoAlive.includes(answer.status) ? 'alive' : 'unknown'
}

async function ask(url: string, init: RequestInit): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { ...init, signal, redirect: 'manual' })
    const json: unknown = await response.json().catch(() => undefined)
    return { status: response.status, ok: response.ok, json }
  } catch {
    return undefined
  }
}
