// What the sandbox remembers of Segment's tracking API since start or DELETE: the messages that Segment would have
// taken, as text; those that it would have dropped, with the reason; and one record per request.
import { JsonList } from '../json-list.ts'

/** One request to the tracking API, refused ones included. */
export interface TrackingRequest {
  receivedAtMs: number
  path: string
  /** The status answered; null when a fault hung up. */
  status: number | null
  writeKey: string | null
  /** How many messages the body held, taken or not; null when it could not be read. */
  messageCount: number | null
  /** What tells one sender from another; never the authorization. */
  headers: Record<string, string>
  /** What a batch's body held beside `batch`, the write key left out; null for single calls and unreadable bodies. */
  envelope: Record<string, unknown> | null
}

/** A message that was answered 200 and dropped. */
export interface DiscardedMessage {
  receivedAtMs: number
  writeKey: string
  reason: string
  message: unknown
}

export class MessageLog {
  readonly #messages = new JsonList()
  #requests: TrackingRequest[] = []
  #discarded: DiscardedMessage[] = []

  get count(): number {
    return this.#messages.count
  }

  /** Oldest first, by the time of the answer. */
  get requests(): readonly TrackingRequest[] {
    return this.#requests
  }

  /** Oldest first. */
  get discarded(): readonly DiscardedMessage[] {
    return this.#discarded
  }

  addRequest(request: TrackingRequest): void {
    this.#requests.push(request)
  }

  /** Keeps messages as text, by commas. */
  add(text: Buffer, count: number): void {
    this.#messages.add(text, count)
  }

  discard(message: DiscardedMessage): void {
    this.#discarded.push(message)
  }

  forget(): void {
    this.#messages.forget()
    this.#requests = []
    this.#discarded = []
  }

  /** All messages as one JSON array, oldest first. */
  json(): ReadableStream<Uint8Array> {
    return this.#messages.json()
  }
}
