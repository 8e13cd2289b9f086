/**
 * Every derived name in one place: workflow ids, entry ids, prefixes. Zod-free: workflows import this file.
 */
import type { LaneName } from './lanes.ts'

/** Prefixes of the ids that we make; an id tells what it is. */
export const idPrefixes = {
  connection: 'con',
  erasure: 'era',
  key: 'key',
  setup: 'set',
  replay: 'rpl',
  export: 'exp',
  redrive: 'red',
  alert: 'alt',
} as const
export type IdKind = keyof typeof idPrefixes

/** Workflow ids are wire format: people search for them and histories are stored under them. */
export function laneWorkflowId(connectionId: string, lane: LaneName): string {
  return `lane:${connectionId}:${lane}`
}

export function erasureWorkflowId(erasureId: string): string {
  return `erasure:${erasureId}`
}

export const alertWorkflowId = (alertId: string): string => `alert:${alertId}`

export const connectWorkflowId = (connectionId: string): string => `connect:${connectionId}`
export const disconnectWorkflowId = (connectionId: string): string => `disconnect:${connectionId}`

/** The long-lived sync of one audience. */
export function audienceWorkflowId(connectionId: string, audienceKey: string): string {
  return `audience:${connectionId}:${audienceKey}`
}

/** The nightly comparison of all lists: its Schedule, and the runs that it starts. */
export const reconcileScheduleId = 'reconcile-audiences'
export const reconcileWorkflowId = 'reconcile-audiences'

/** The hourly housekeeping: its Schedule, and the runs that it starts (Temporal appends the time to their id). */
export const housekeepingScheduleId = 'housekeeping'
export const housekeepingWorkflowId = 'housekeeping'

/** The id of one entry: the lane's number and the entry's position in it, never used twice. */
export function entryId(laneId: number, seq: number): string {
  return `msg_${laneId}_${seq}`
}

/** The parts of an entry id, or undefined where the text is not one. */
export function parseEntryId(id: string): { laneId: number; seq: number } | undefined {
  const match = /^msg_(\d{1,15})_(\d{1,15})$/.exec(id)
  return match ? { laneId: Number(match[1]), seq: Number(match[2]) } : undefined
}

/** The messageId of a message that came without one: the same at every attempt, since it is made of the place. */
export function madeMessageId(requestId: number, item: number): string {
  return `causeway-${requestId}-${item}`
}
