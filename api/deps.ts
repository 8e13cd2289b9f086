/** What the HTTP room is given by bin/. */
import type { BlockList } from 'node:net'
import type { Clock, FilterPreviews, Ids, LaneStarter, Log, Store, WorkflowRuns } from '../core/ports.ts'
import type { ErasureStarter } from './erasures.ts'
import type { IdTypes } from './id-types.ts'
import type { Waker } from './waker.ts'

export interface ApiDeps {
  store: Store
  starter: LaneStarter
  /** Runs of the other workflows. */
  runs: WorkflowRuns
  waker: Waker
  erasureStarter: ErasureStarter
  idTypes: IdTypes
  filterPreviews: FilterPreviews
  clock: Clock
  ids: Ids
  log: Log
  /** Whether the disk is at its limit: ingest then answers 503 and loses nothing that was accepted. */
  isDiskFull: () => boolean
  /** Whether the sandbox answers; absent where none was started. */
  probeSandbox?: () => Promise<boolean>
  /** Where the built console lies; without it `/` says how to build it. */
  consoleFolder?: string
  trustedProxies: BlockList
  config: {
    /** SHA-256 of the admin key. */
    apiKeyHash: Buffer
    lateAfterMs: number
    /** Days that ended history is kept where nobody chose otherwise. */
    retentionDays: number
    publicUrl: string
    /** Where a lane's run is shown in the Temporal Web UI; absent where we do not run Temporal. */
    temporalUi: { url: string; namespace: string }
  }
}
