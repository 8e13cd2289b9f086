/**
 * What an SDK request says once for all its events. It may be as large as a body, and is weighed once, not once an
 * event.
 */
import type { Rejection } from '../outcome.ts'
import type { BatchContext } from '../receipt.ts'
import { refuseDepth } from '../segment-to-statsig/depth.ts'
import { segmentLimits } from './limits.ts'

const weighed = new WeakMap<BatchContext, Rejection | 'sound'>()

/** Why the request's default user can be no part of a message; undefined when it can. */
export function refuseEnvelope(batch: BatchContext | undefined): Rejection | undefined {
  const user = batch?.statsig?.user
  if (batch === undefined || user === undefined) return undefined
  let verdict = weighed.get(batch)
  if (verdict === undefined) {
    verdict = weigh(user)
    weighed.set(batch, verdict)
  }
  return verdict === 'sound' ? undefined : verdict
}

function weigh(user: NonNullable<NonNullable<BatchContext['statsig']>['user']>): Rejection | 'sound' {
  const tooDeep = refuseDepth({ user })
  if (tooDeep !== undefined) return tooDeep
  const chars = JSON.stringify(user).length
  if (chars <= segmentLimits.messageBytesMax) return 'sound'
  const message = `The request's user alone has ${chars} characters; Segment takes ${segmentLimits.messageBytesMax} bytes a message.`
  return { code: 'too_large', path: 'user', message }
}
