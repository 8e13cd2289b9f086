/** What the store must provide for the erasure of a person. Part of core/ports.ts. */
import type { Person, PersonId } from './erasure.ts'

export interface Erasure {
  id: string
  connectionId: string
  /** Who asked: a call of the control plane, or a `delete` event of Segment. */
  origin: 'call' | 'delete_event'
  state: 'running' | 'done'
  createdAtMs: number
  finishedAtMs: number | undefined
  /** Requests that were there when it began, and those looked through so far. */
  requests: number
  requestsSeen: number
  /** Messages whose bodies were removed, late ones included. */
  messages: number
}

/** One step of an erasure: a few short transactions. */
export interface ErasureStep {
  requestsSeen: number
  messages: number
  done: boolean
}

export interface ErasureStore {
  /** From this moment on, older messages of the person end `skipped: erased`. The ids are kept sealed until it is done, then only as keyed hashes. */
  create(input: {
    id: string
    connectionId: string
    person: Person
    origin: Erasure['origin']
    nowMs: number
  }): Promise<Erasure>
  get(id: string): Promise<Erasure | undefined>
  /** Newest first. */
  list(connectionId: string, limit: number): Promise<Erasure[]>
  /** Erasures that are not done, oldest first. */
  unfinished(): Promise<Erasure[]>
  /** The person, while the erasure runs. */
  person(id: string): Promise<Person | undefined>
  /** Looks through the next requests and removes what is the person's. Goes on where the last step ended. */
  step(id: string): Promise<ErasureStep>
  finish(id: string, nowMs: number): Promise<void>
  /**
   * Whether something of one of these people was erased after `timeMs`. Undefined where the connection has erased
   * nobody, so that the drain need not ask.
   */
  guard(connectionId: string): ((ids: PersonId[], timeMs: number) => boolean) | undefined
}
