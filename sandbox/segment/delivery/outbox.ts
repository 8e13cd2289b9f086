// From a message that a source took to requests at its destinations: the source's subscriptions choose and map it,
// batches fill, and what fails is tried again with growing, jittered waits until it is too old. Order is not kept, as
// at Segment. In memory: what waits when the sandbox ends is gone.
import type { Message } from '../judge-message.ts'
import type { KnobBoard } from '../knobs.ts'
import type { TakenMessage } from '../tracking.ts'
import type { Destination, Subscription, Workspace } from '../workspace.ts'
import { deliveredEvent, isAllowed } from './delivered-event.ts'
import { mapped } from './mapping.ts'
import { sendOnce, verdictOn, type Attempted, type WebhookRequest } from './request.ts'
import { isTriggered } from './trigger.ts'

const BATCH_BYTES_MAX = 4_000_000
const BATCH_SIZE_MAX = 4_000
const IN_FLIGHT_MAX = 10
const RETRY_WAIT_MS_MAX = 60_000

/** One request and its story, for inspection. */
export interface Delivery {
  destinationId: string
  subscriptionId: string
  url: string
  messageIds: string[]
  state: 'waiting' | 'delivered' | 'dropped'
  attempts: (Attempted & { atMs: number })[]
}

interface OpenBatch {
  request: WebhookRequest
  delivery: Delivery
  bytes: number
}

export interface OutboxDeps {
  nowMs: () => number
  newId: () => string
  /** From 0 to 1. */
  random: () => number
  board: KnobBoard
  workspace: Workspace
}

export class Outbox {
  readonly #deps: OutboxDeps
  #deliveries: Delivery[] = []
  #seen = new Set<string>()
  #open = new Map<string, OpenBatch>()
  #ready: OpenBatch[] = []
  #timers = new Set<NodeJS.Timeout>()
  /** Those in flight, to cut them. */
  #inFlight = new Set<AbortController>()

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /** Every request that was or will be sent, oldest first. */
  get deliveries(): readonly Delivery[] {
    return this.#deliveries
  }

  /** Hands a message to the destinations of its source. A messageId that was seen before goes nowhere. */
  take(taken: TakenMessage): void {
    const routes = this.#deps.workspace.routesOf(taken.writeKey)
    if (routes.length === 0) return
    const event = deliveredEvent(taken, this.#deps.newId())
    if (this.#seen.has(event.messageId)) return
    this.#seen.add(event.messageId)
    for (const { destination, subscription } of routes) {
      if (!isAllowed(event.integrations, destination.metadata.name)) continue
      if (isTriggered(subscription.trigger, event)) this.#enqueue(event, destination, subscription)
    }
  }

  /** Forgets everything and cuts what is on its way. */
  forget(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const line of this.#inFlight) line.abort()
    this.#timers = new Set()
    this.#inFlight = new Set()
    this.#deliveries = []
    this.#seen = new Set()
    this.#open = new Map()
    this.#ready = []
  }

  #enqueue(
    event: Message & { messageId: string },
    destination: Destination,
    subscription: Subscription,
  ): void {
    const settings = mapped({ data: { '@path': '$.' }, ...subscription.settings }, event) as Message
    const sizeMax = batchSizeOf(settings)
    const request = requestOf(settings, destination, sizeMax !== undefined)
    const key = JSON.stringify([subscription.id, request.url, request.method, request.headers])
    const bytes = sizeMax === undefined ? 0 : JSON.stringify(settings.data ?? null).length
    let batch = sizeMax === undefined ? undefined : this.#open.get(key)
    if (batch && batch.bytes + bytes > BATCH_BYTES_MAX) {
      this.#close(key, batch)
      batch = undefined
    }
    if (!batch) batch = this.#openBatch(key, request, destination, subscription)
    batch.bytes += bytes
    batch.request.data.push(settings.data)
    batch.delivery.messageIds.push(event.messageId)
    if (batch.request.data.length >= (sizeMax ?? 1)) this.#close(key, batch)
  }

  #openBatch(
    key: string,
    request: WebhookRequest,
    destination: Destination,
    subscription: Subscription,
  ): OpenBatch {
    const delivery: Delivery = {
      ...{ destinationId: destination.id, subscriptionId: subscription.id, url: request.url },
      ...{ messageIds: [], state: 'waiting', attempts: [] },
    }
    const batch: OpenBatch = { request, delivery, bytes: 0 }
    this.#deliveries.push(delivery)
    if (request.isBatch) {
      this.#open.set(key, batch)
      this.#after(this.#deps.board.knobs.batchWaitMs, () => this.#close(key, batch))
    }
    return batch
  }

  #close(key: string, batch: OpenBatch): void {
    if (batch.request.isBatch && this.#open.get(key) !== batch) return
    this.#open.delete(key)
    this.#ready.push(batch)
    this.#pump()
  }

  #pump(): void {
    while (this.#inFlight.size < IN_FLIGHT_MAX) {
      const batch = this.#ready.shift()
      if (!batch) return
      const line = new AbortController()
      this.#inFlight.add(line)
      void this.#attempt(batch, line)
    }
  }

  async #attempt(batch: OpenBatch, line: AbortController): Promise<void> {
    const { request, delivery } = batch
    const { nowMs, workspace, board } = this.#deps
    const atMs = nowMs()
    if (workspace.destinations.has(delivery.destinationId)) {
      const isLate = this.#after(board.knobs.deliveryTimeoutMs, () => line.abort(new TimedOut()))
      const attempted = await sendOnce(request, line.signal)
      this.#cancel(isLate)
      if (!this.#inFlight.has(line)) return // forgotten meanwhile
      delivery.attempts.push({ atMs, ...attempted })
      this.#judge(batch, attempted)
    } else {
      delivery.state = 'dropped'
    }
    this.#inFlight.delete(line)
    this.#pump()
  }

  #judge(batch: OpenBatch, attempted: Attempted): void {
    const { delivery } = batch
    const { retryBaseMs, retryForMs } = this.#deps.board.knobs
    const verdict = verdictOn(attempted)
    const firstAtMs = delivery.attempts[0]?.atMs ?? 0
    if (verdict !== 'retry' || this.#deps.nowMs() - firstAtMs >= retryForMs) {
      delivery.state = verdict === 'delivered' ? 'delivered' : 'dropped'
      return
    }
    const waitMs = Math.min(RETRY_WAIT_MS_MAX, retryBaseMs * 2 ** (delivery.attempts.length - 1))
    this.#after(waitMs * (0.5 + this.#deps.random() / 2), () => {
      this.#ready.push(batch)
      this.#pump()
    })
  }

  /** A timer that is forgotten with the rest, and keeps no process alive. */
  #after(waitMs: number, then: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      then()
    }, waitMs).unref()
    this.#timers.add(timer)
    return timer
  }

  #cancel(timer: NodeJS.Timeout): void {
    clearTimeout(timer)
    this.#timers.delete(timer)
  }
}

class TimedOut extends Error {
  override readonly name = 'TimeoutError'
}

/** How many events a batch may hold; undefined where batching is off. */
function batchSizeOf({ enable_batching: isOn, batch_size: size }: Message): number | undefined {
  const wanted = Number(size ?? 0)
  if (isOn === false || (isOn !== true && !(wanted > 0))) return undefined
  return wanted > 0 ? Math.min(wanted, BATCH_SIZE_MAX) : 1_000
}

function requestOf(
  settings: Message,
  { settings: { sharedSecret } }: Destination,
  isBatch: boolean,
): WebhookRequest {
  const headers = (settings.headers ?? {}) as Record<string, unknown>
  return {
    url: String(settings.url),
    method: typeof settings.method === 'string' ? settings.method : 'POST',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    data: [],
    isBatch,
    sharedSecret: typeof sharedSecret === 'string' && sharedSecret !== '' ? sharedSecret : undefined,
  }
}
