/** Statsig's Console API (docs.statsig.com/console-api, version 20240601), as far as it is used: unit id types. */
import { z } from 'zod'
import { BridgeError } from '../core/errors.ts'
import type { StatsigConsole } from '../core/ports.ts'

const timeoutMs = 5_000
const UnitIdTypes = z.object({ data: z.array(z.object({ name: z.string() })) })

/** A client for `<consoleUrl>/unit_id_types`. Any answer but a success is `statsig.unavailable`, with its status. */
export function createStatsigConsole({ consoleUrl }: { consoleUrl: string }): StatsigConsole {
  const url = `${consoleUrl.replace(/\/$/, '')}/unit_id_types`
  async function call(key: string, init: RequestInit): Promise<unknown> {
    const headers = {
      'statsig-api-key': key,
      'statsig-api-version': '20240601',
      'content-type': 'application/json',
    }
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const answer = await fetch(url, { ...init, headers, signal, redirect: 'manual' })
      if (answer.ok) return await answer.json()
      await answer.body?.cancel()
      throw new BridgeError('statsig.unavailable', `the Console API answered HTTP ${answer.status}`)
    } catch (error) {
      if (error instanceof BridgeError) throw error
      // A fault's message may quote a header, and so the key.
      throw new BridgeError('statsig.unavailable', 'the Console API cannot be reached')
    }
  }
  return {
    async unitIdTypes(key) {
      const parsed = UnitIdTypes.safeParse(await call(key, { method: 'GET' }))
      if (!parsed.success) throw new BridgeError('statsig.unavailable', 'the Console API gave another shape')
      return parsed.data.data.map(({ name }) => name)
    },
    async createUnitIdType(key, name) {
      await call(key, { method: 'POST', body: JSON.stringify({ name, description: 'Made by Causeway' }) })
    },
  }
}
