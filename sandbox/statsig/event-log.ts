// What the sandbox remembers of log_event and rgstr since start or DELETE: the events as text, and one record per
// request. Events are kept apart from what belongs to their request, so that an item is what was on the wire.
import { JsonList } from '../json-list.ts'
import type { KeyKind } from './keys.ts'

/** One request to log_event or rgstr, refused ones included. */
export interface LoggedRequest {
  receivedAtMs: number
  path: string
  /** The status answered; null when a fault hung up. */
  status: number | null
  keyKind: KeyKind | null
  /** Tells keys apart without showing them. */
  keySha256: string | null
  /** How many events the body held, taken or not; null when it could not be read. */
  eventCount: number | null
  /** STATSIG-CLIENT-TIME, or `t` in the query, in epoch ms. */
  clientTime: number | null
  /** What tells one SDK or sender from another; never the key. */
  headers: Record<string, string>
  /** What the body held beside `events`, such as `statsigMetadata`; null when it could not be read. */
  envelope: Record<string, unknown> | null
}

export class EventLog {
  readonly #events = new JsonList()
  #requests: LoggedRequest[] = []

  get eventCount(): number {
    return this.#events.count
  }

  /** Oldest first, by the time of the answer. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests
  }

  addRequest(request: LoggedRequest): void {
    this.#requests.push(request)
  }

  /** Keeps the text between the brackets of an events array; a copy, so that the request's body can go. */
  addEvents(text: Buffer, count: number): void {
    this.#events.add(text, count)
  }

  forget(): void {
    this.#events.forget()
    this.#requests = []
  }

  /** All events as one JSON array, oldest first, streamed: it may be larger than the longest string. */
  eventsJson(): ReadableStream<Uint8Array> {
    return this.#events.json()
  }
}
