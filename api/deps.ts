/** What the HTTP room is given by bin/. */
import type { BlockList } from 'node:net'
import type {
  ArchiveAccess,
  AudienceSyncs,
  Clock,
  EventSenders,
  FilterPreviews,
  Ids,
  LaneStarter,
  Log,
  SegmentOauth,
  StatsigExperiments,
  Store,
  WorkflowRuns,
} from '../core/ports.ts'
import type { AlertWatch } from './alert-watch.ts'
import type { ErasureStarter } from './erasures.ts'
import type { IdTypes } from './id-types.ts'
import type { Streams } from './streams.ts'
import type { Waker } from './waker.ts'

export interface ApiDeps {
  store: Store
  starter: LaneStarter
  /** Runs of the other workflows. */
  runs: WorkflowRuns
  waker: Waker
  streams: Streams
  erasureStarter: ErasureStarter
  audienceSyncs: AudienceSyncs
  idTypes: IdTypes
  experiments: StatsigExperiments
  filterPreviews: FilterPreviews
  /** Where replays may read from. */
  archives: Pick<ArchiveAccess, 'resolve'>
  /** By which the event tester sends. */
  senders: EventSenders
  alertWatch: AlertWatch
  /** Undefined where no OAuth app is configured. */
  segmentOauth: SegmentOauth | undefined
  /** What is wrong with the URL of the alert webhook; undefined where nothing is seen. */
  alertUrlFault: (url: string) => string | undefined
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
    tooOldAfterMs: number
    /** Days that ended history is kept where nobody chose otherwise. */
    retentionDays: number
    publicUrl: string
    /** Whether /metrics asks for a key: not where only this machine can reach us. */
    metricsNeedKey: boolean
    segmentApiUrl: string
    /** Where a lane's run is shown in the Temporal Web UI; absent where we do not run Temporal. */
    temporalUi: { url: string; namespace: string }
  }
}
