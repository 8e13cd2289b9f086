/** What a person is told of: one function a condition, each of which says where it holds now. A feature adds a line. */
import type { AlertKind, Finding } from '../core/alerts.ts'
import type { Connection, Store } from '../core/ports.ts'
import { grantHealth, isWarned } from '../core/segment-grant.ts'
import { hourMs, hoursLookedAt, quietSinceMs, type WebhookHour } from '../core/webhook-quiet.ts'
import { isStalled } from './routes/health.ts'

export interface Look {
  store: Store
  nowMs: number
  rejectionRateLimit: number
  /** Whether the condition has been told of: what hovers about a limit is not told of again and again. */
  isTold: (key: string) => boolean
}

type Found = Omit<Finding, 'kind' | 'key'>

export const alertConditions: Partial<Record<AlertKind, (look: Look) => Promise<Found[]>>> = {
  needs_attention: findHeldLanes,
  lane_stalled: findStalledLanes,
  rejection_rate: findRejections,
  guard_waiting: findWaitingGuards,
  webhook_quiet: findQuietWebhooks,
  token_dying: findDyingTokens,
}

export const keyOf = (
  kind: AlertKind,
  { connectionId, subject }: Pick<Found, 'connectionId' | 'subject'>,
): string => [kind, connectionId, subject].filter((part) => part !== undefined).join(':')

const named = async (store: Store, id: string): Promise<Pick<Connection, 'name' | 'paused'>> =>
  (await store.connections.get(id)) ?? { name: id, paused: false }

async function findHeldLanes({ store }: Look): Promise<Found[]> {
  const found: Found[] = []
  for (const { connectionId, lane, state, reason } of await store.processes.allLanes()) {
    if (state !== 'needs_attention') continue
    const { name } = await named(store, connectionId)
    const text = `Lane ${lane} of ${name} needs attention: ${reason ?? 'see the connection'}`
    found.push({ connectionId, subject: lane, text })
  }
  return found
}

async function findStalledLanes({ store, nowMs }: Look): Promise<Found[]> {
  const found: Found[] = []
  for (const lane of await store.processes.allLanes()) {
    if (!isStalled(lane, nowMs)) continue
    const { connectionId, lane: subject, pending } = lane
    const { name, paused } = await named(store, connectionId)
    if (paused) continue
    const text = `Nothing moves in lane ${subject} of ${name}: ${pending} messages wait. Nothing is lost.`
    found.push({ connectionId, subject, text })
  }
  return found
}

const windowMs = 5 * 60_000
/** Of fewer endings a rate says nothing. */
const endedMin = 20
/** It is over when the rate is clearly below the limit again. */
const recoveredShare = 0.8

async function findRejections({ store, nowMs, rejectionRateLimit, isTold }: Look): Promise<Found[]> {
  const found: Found[] = []
  for (const { connectionId, ended, rejected } of await store.alerts.endedSince(nowMs - windowMs)) {
    const place = { connectionId, subject: undefined }
    const limit = rejectionRateLimit * (isTold(keyOf('rejection_rate', place)) ? recoveredShare : 1)
    if (ended < endedMin || rejected / ended <= limit) continue
    const { name } = await named(store, connectionId)
    const percent = Math.round((rejected / ended) * 100)
    const text = `${rejected} of ${ended} messages of ${name} were rejected in the last 5 minutes (${percent} %).`
    found.push({ ...place, text })
  }
  return found
}

async function findWaitingGuards({ store }: Look): Promise<Found[]> {
  const found: Found[] = []
  let after = 0
  for (;;) {
    const page = await store.audiences.all({ after, limit: 500 })
    for (const { connectionId, key, state, guard, n } of page) {
      after = n
      if (state !== 'waiting_approval') continue
      const text = `Audience ${key}: ${guard?.message ?? 'removals wait'} Approve or reject them.`
      found.push({ connectionId, subject: key, text })
    }
    if (page.length < 500) return found
  }
}

async function findQuietWebhooks({ store, nowMs }: Look): Promise<Found[]> {
  const byConnection = new Map<string, WebhookHour[]>()
  for (const { connectionId, ...hour } of await store.outbound.webhookHours(nowMs - hoursLookedAt * hourMs)) {
    byConnection.set(connectionId, [...(byConnection.get(connectionId) ?? []), hour])
  }
  const found: Found[] = []
  for (const [connectionId, hours] of byConnection) {
    const sinceMs = quietSinceMs(hours, nowMs)
    if (sinceMs === undefined) continue
    const { name } = await named(store, connectionId)
    const since = new Date(sinceMs).toISOString()
    const text = `Statsig's webhook of ${name} was busy and has sent nothing since ${since}: look at its card in Statsig's console.`
    found.push({ connectionId, subject: 'statsig_webhook', text })
  }
  return found
}

async function findDyingTokens({ store, nowMs }: Look): Promise<Found[]> {
  const found: Found[] = []
  for (const connectionId of await store.grants.list()) {
    const grant = await store.grants.outline(connectionId)
    if (grant === undefined || !isWarned(grant, nowMs)) continue
    const { name } = await named(store, connectionId)
    const { state, says = '' } = grantHealth(grant, nowMs)
    const text = `What Segment granted to ${name} ${state === 'ended' ? 'serves no more' : 'will not serve for long'}. ${says}`
    found.push({ connectionId, subject: 'segment_grant', text })
  }
  return found
}
