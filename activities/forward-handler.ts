/**
 * What SDKs logged to us goes on to Statsig as it came, a request at a time, under the connection's key of the same
 * kind: so the bridge can stand in an SDK's path. Lane `forward`.
 */
import { isErasedItem } from '../core/erasure.ts'
import { isObject } from '../core/own-keys.ts'
import type { ConnectionStore, KeyKind, StatsigEvents, VendorAnswer } from '../core/ports.ts'
import { requestIdOf } from '../core/statsig-to-segment/message-id.ts'
import type { LaneHandler } from './lane-handler.ts'
import { statsigVendor } from './statsig-handler.ts'

type SdkKey = 'server' | 'client'
type Keys = Partial<Record<SdkKey, string>>

const kinds: Record<SdkKey, KeyKind> = { server: 'statsig.serverKey', client: 'statsig.clientKey' }

export interface ForwardHandlerDeps {
  connections: ConnectionStore
  statsig: StatsigEvents
}

export function createForwardHandler({ connections, statsig }: ForwardHandlerDeps): LaneHandler {
  return {
    unit: 'request',
    limits: { entriesMax: 1, bytesMax: Infinity },
    decide(text, { sdkKey = 'server' }, settings) {
      const body = typeof text === 'string' ? text : ''
      const seen = { messageId: requestIdOf(body), type: 'request' }
      if (!settings.outbound.forward) {
        return { seen, verdict: { kind: 'skipped', reason: 'type_off', warnings: [] } }
      }
      // One letter says the kind of key: the text itself must stay what it was.
      return {
        seen,
        verdict: { kind: 'mapped', event: `${sdkKey[0] ?? 's'}${withoutErased(body)}`, warnings: [] },
      }
    },
    vendor: statsigVendor,
    key: {
      kind: 'statsig.serverKey',
      name: 'server or client key',
      async open(connectionId) {
        const keys: Keys = {}
        for (const kind of ['server', 'client'] as const) {
          const key = await connections.openKey(connectionId, kinds[kind])
          if (key !== undefined) keys[kind] = key
        }
        return JSON.stringify(keys)
      },
    },
    async send({ key = '{}', entries }, signal) {
      const text = entries[0]?.event ?? 's'
      const kind = text.startsWith('c') ? 'client' : 'server'
      const secret = (JSON.parse(key) as Keys)[kind]
      const refused = { kind: kinds[kind], key: secret }
      if (secret === undefined) return { ...noKey, text: `no ${kind} key is set`, refused }
      return { ...(await statsig.forward(secret, text.slice(1), signal)), refused }
    },
  }
}

const noKey: VendorAnswer = {
  status: undefined,
  retryAfterMs: undefined,
  text: '',
  durationMs: 0,
  means: 'key',
}

/** An erased event stands in a shared body as a mark, which is no event of Statsig's. */
function withoutErased(text: string): string {
  if (!text.includes('$causeway')) return text
  const body: unknown = JSON.parse(text)
  if (!isObject(body) || !Array.isArray(body.events)) return text
  const events = (body.events as unknown[]).filter((event) => !isErasedItem(event))
  return JSON.stringify({ ...body, events })
}
