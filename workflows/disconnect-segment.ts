/** A connection is removed: what set-up made at Segment goes first, the rest of its messages is delivered, then it is gone. */
import {
  ActivityFailure,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { causewayStatus } from '../core/search-attributes.ts'

export interface DisconnectSegmentInput {
  connectionId: string
  /** `now`: all that is stored of it goes at once; `retention`: in its time. */
  data: 'now' | 'retention'
}
export interface DisconnectSegmentResult {
  /** Destinations that could not be removed at Segment: a person has to. */
  leftBehind?: string
}

const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const
const patient = proxyActivities<Activities>({ startToCloseTimeout: '5m', heartbeatTimeout: '30s', retry })
const atSegment = proxyActivities<Activities>({
  ...{ startToCloseTimeout: '5m', scheduleToCloseTimeout: '6h', heartbeatTimeout: '30s', retry },
})
const long = proxyActivities<Activities>({ startToCloseTimeout: '12h', heartbeatTimeout: '30s', retry })

/** How long what is pending may take to be delivered; what is held longer than this cannot be. */
const deliverMs = 10 * 60_000
const pollMs = 5_000

export async function disconnectSegment(input: DisconnectSegmentInput): Promise<DisconnectSegmentResult> {
  const { connectionId, data } = input
  const ref = { connectionId }
  show('ends the set-up')
  while (!(await patient.endSetup(ref)).ended) await sleep(pollMs)
  show('removes what set-up made at Segment')
  const leftBehind = await removeAtSegment(connectionId)
  show('delivers what is pending')
  const untilMs = Date.now() + (data === 'now' ? 0 : deliverMs)
  while (Date.now() < untilMs && (await patient.countUndelivered(ref)).pending > 0) await sleep(pollMs)
  show('closes the connection')
  const { lanes } = await patient.closeConnection(ref)
  await patient.endLanes({ ...ref, lanes })
  if (data === 'now') {
    show('removes what is stored')
    await long.purgeConnection(ref)
  }
  show(leftBehind === undefined ? 'done' : `done; ${leftBehind}`)
  return leftBehind === undefined ? {} : { leftBehind }
}

/** Whatever stands in the way at Segment, the connection goes: nothing that is left there could deliver to it. */
async function removeAtSegment(connectionId: string): Promise<string | undefined> {
  try {
    await atSegment.removeDestinations({ connectionId })
    return undefined
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error
    return error.cause?.message ?? 'Segment did not answer.'
  }
}

function show(status: string): void {
  upsertSearchAttributes([{ key: causewayStatus, value: 'disconnecting' }])
  setCurrentDetails(status)
}
