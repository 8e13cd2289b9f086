/** What the plan must provide: runs of workflows, started and steered by id. Part of core/ports.ts; the adapter is in clients/. */
import type { LaneName } from './lanes.ts'

export interface RunStart {
  /** The exported name of the workflow: wire format. */
  workflow: string
  workflowId: string
  taskQueue: 'causeway-live' | 'causeway-bulk'
  /** Ids, positions, counts and states; never a body, never a secret. */
  args: unknown[]
  /** One line, shown in the lists of the Web UI. */
  summary: string
  /** Markdown: what this run does, for a person who does not know our code. */
  details: string
  connectionId: string
  /** The lane or the audience, where the run has one. */
  lane?: string
  audience?: string
}

/** Every call fails within seconds with `temporal_unavailable` when Temporal is down. */
export interface WorkflowRuns {
  /** Starts a run; one that is open already is left as it is. Answers whether it was started now. */
  start(run: RunStart): Promise<boolean>
  /** Signals a run, which is started first where none is open. */
  signalWithStart(run: RunStart, signal: string, args: unknown[]): Promise<void>
  /** Throws `not_found` where no such run is open, like the two below. */
  signal(workflowId: string, signal: string, args: unknown[]): Promise<void>
  /** Waits for what the update's handler answers. An ApplicationFailure of it comes back as its BridgeError code. */
  update<T>(workflowId: string, update: string, args: unknown[]): Promise<T>
  cancel(workflowId: string): Promise<void>
  reachable(): Promise<boolean>
}

/** Starts or wakes the workflow of a lane; made of Temporal's client in clients/. */
export interface LaneStarter {
  /** Fails within about a second when Temporal is down. */
  wake(connectionId: string, lane: LaneName): Promise<void>
  /** Makes sure that the lane's workflow is open, without a signal. */
  ensure(connectionId: string, lane: LaneName): Promise<void>
  reachable(): Promise<boolean>
}
