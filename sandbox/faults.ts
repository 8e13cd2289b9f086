// Faults: how a test or a curious developer makes the stand-ins misbehave. A fault is met after the request has
// been read and before it is judged, as an outage in front of the vendor would be.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { cutConnection, type SandboxEnv } from './connection.ts'

export const FaultTarget = z.enum([
  'statsig.log_event',
  'statsig.console',
  'segment.batch',
  'segment.api',
  'segment.oauth',
])
export type FaultTarget = z.infer<typeof FaultTarget>

export const Fault = z
  .strictObject({
    target: FaultTarget,
    /** The refusal's HTTP status. Without it and without hangUp, the request is answered as usual after delayMs. */
    status: z.int().min(400).max(599).optional(),
    /** Sent as `Retry-After` with `status`. */
    retryAfterSeconds: z.int().nonnegative().optional(),
    /** Waited before the answer or the cut. A caller that gives up meanwhile is still served, as in real life. */
    delayMs: z.int().nonnegative().max(600_000).optional(),
    /** Destroy the socket; nothing of the request is kept. */
    hangUp: z.boolean().optional(),
    /** Met by that many requests, then gone. Absent: until the faults or everything is deleted. */
    times: z.int().positive().optional(),
    /** Only requests that hold an event of this `eventName` meet the fault: with status 400, a poison event. */
    whenEvent: z.string().min(1).optional(),
    /** Only requests whose method and path begin so meet the fault, such as `POST /destinations`. */
    whenRequest: z.string().min(1).optional(),
  })
  .refine((fault) => fault.status !== undefined || fault.delayMs !== undefined || fault.hangUp === true, {
    error: 'A fault needs a status, a delayMs or hangUp: true.',
  })
  .refine((fault) => fault.retryAfterSeconds === undefined || fault.status !== undefined, {
    error: 'retryAfterSeconds goes with a status.',
  })
  .refine((fault) => !(fault.hangUp === true && fault.status !== undefined), {
    error: 'A fault either answers with a status or hangs up.',
  })
  .refine((fault) => fault.whenEvent === undefined || fault.target === 'statsig.log_event', {
    error: 'whenEvent goes with the target statsig.log_event.',
  })
  .refine((fault) => fault.whenRequest === undefined || /^segment\.(api|oauth)$/.test(fault.target), {
    error: 'whenRequest goes with the targets segment.api and segment.oauth.',
  })
export type Fault = z.infer<typeof Fault>

/** The faults in force, in the order in which they came. */
export class Faults {
  #faults: Fault[] = []

  /** The faults still in force, oldest first, `times` being what is left of it. */
  get list(): readonly Fault[] {
    return this.#faults
  }

  add(fault: Fault): void {
    this.#faults.push({ ...fault })
  }

  clear(): void {
    this.#faults = []
  }

  /** Takes one use of the oldest fault that matches; `request` is its method and path. A request meets at most one. */
  take(
    target: FaultTarget,
    eventNames: () => ReadonlySet<string> = () => new Set(),
    request = '',
  ): Fault | undefined {
    const isMet = ({ whenEvent, whenRequest }: Fault) =>
      (whenEvent === undefined || eventNames().has(whenEvent)) &&
      (whenRequest === undefined || request.startsWith(whenRequest))
    const fault = this.#faults.find((candidate) => candidate.target === target && isMet(candidate))
    if (fault?.times === undefined) return fault
    if (fault.times === 1) this.#faults = this.#faults.filter((other) => other !== fault)
    else fault.times -= 1
    return fault
  }
}

/** Acts a fault out; undefined when it only delayed and the request goes on. */
export async function actOut(fault: Fault, c: Context<SandboxEnv>): Promise<Response | undefined> {
  if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false })
  if (fault.hangUp === true) return cutConnection(c)
  if (fault.status === undefined) return undefined
  if (fault.retryAfterSeconds !== undefined) c.header('Retry-After', String(fault.retryAfterSeconds))
  const body = { success: false, status: fault.status, message: 'A fault of the sandbox.' }
  return c.json(body, fault.status as ContentfulStatusCode)
}
