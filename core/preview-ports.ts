/** What filters would have done to messages that are stored: asked beside the live path. Part of core/ports.ts. */
import type { LaneName } from './lanes.ts'
import type { ConnectionSettings } from './settings.ts'

export interface PreviewRequest {
  connectionId: string
  lane: LaneName
  /** The connection's settings with the filters that are tried. */
  settings: ConnectionSettings
  /** How many of the newest messages of the lane, pending ones too. */
  last: number
}

export interface PreviewSample {
  /** Of the entry. */
  id: string
  messageId: string | undefined
  type: string | undefined
  event: string | undefined
  receivedAtMs: number
  rule: string
}

export interface PreviewResult {
  /** Messages looked at: fewer than asked for where the lane holds fewer, or time ran out. */
  looked: number
  /** Time ran out: only the newest were looked at. */
  cut: boolean
  /** Would be filtered. */
  dropped: number
  /** Would go on. */
  kept: number
  /** What never comes as far as the filters, by reason: `type_off`, `integrations`, a rejection's code … */
  notReached: Record<string, number>
  /** By rule, `default` and switches; only those that decided something. */
  byRule: Record<string, { dropped: number; kept: number }>
  /** Of what would be filtered, newest first, from as many rules as there is room for. */
  samples: PreviewSample[]
  /** When the oldest of them was received. */
  oldestAtMs: number | undefined
}

export interface FilterPreviews {
  /** Never holds up ingest: it reads through a connection and a thread of its own. */
  preview(request: PreviewRequest): Promise<PreviewResult>
}
