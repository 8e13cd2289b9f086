/**
 * What SDKs logged to us goes on to Statsig as it came, a request at a time, under the connection's key of the same
 * kind and with the time that the SDK's clock shows by now: so the bridge can stand in an SDK's path. Lane `forward`.
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
    decide(text, { sdkKey = 'server', clockBehindMs = 0 }, settings) {
      const body = typeof text === 'string' ? text : ''
      const seen = { messageId: requestIdOf(body), type: 'request' }
      if (!settings.outbound.forward) {
        return { seen, verdict: { kind: 'skipped', reason: 'type_off', warnings: [] } }
      }
      const left = withoutErased(body)
      if (left === undefined) return { seen, verdict: { kind: 'skipped', reason: 'erased', warnings: [] } }
      // How it is to be sent stands in a line before it: the text itself must stay what it was.
      const event = `${sdkKey} ${clockBehindMs}\n${left}`
      return { seen, verdict: { kind: 'mapped', event, warnings: [] } }
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
      const { kind, clockBehindMs, body } = opened(entries[0]?.event ?? '')
      const secret = (JSON.parse(key) as Keys)[kind]
      const refused = { kind: kinds[kind], key: secret }
      if (secret === undefined) return { ...noKey, text: `no ${kind} key is set`, refused }
      return { ...(await statsig.forward(secret, body, clockBehindMs, signal)), refused }
    },
  }
}

function opened(event: string): { kind: SdkKey; clockBehindMs: number; body: string } {
  const end = event.indexOf('\n')
  const [kind, behindMs] = event.slice(0, end).split(' ')
  return {
    kind: kind === 'client' ? 'client' : 'server',
    clockBehindMs: Number(behindMs),
    body: event.slice(end + 1),
  }
}

const noKey: VendorAnswer = {
  status: undefined,
  retryAfterMs: undefined,
  text: '',
  durationMs: 0,
  means: 'key',
}

/** An erased event stands in a shared body as a mark, which is no event of Statsig's. Undefined where none is left. */
function withoutErased(text: string): string | undefined {
  if (!text.includes('$causeway')) return text
  const body: unknown = JSON.parse(text)
  if (!isObject(body) || !Array.isArray(body.events)) return text
  const events = (body.events as unknown[]).filter((event) => !isErasedItem(event))
  return events.length === 0 ? undefined : JSON.stringify({ ...body, events })
}
