/** A membership as one audience's list takes it: the id that its unit means, or why there is none. */
import type { Membership } from './membership.ts'
import type { Rejection } from '../outcome.ts'
import { unitIdFault, unitIdIn } from './unit.ts'

export type Word = { unitId: string } | { fault: Omit<Rejection, 'path'>; unitId: string | undefined }

export function wordOf({ ids }: Pick<Membership, 'ids'>, unit: string): Word {
  const unitId = unitIdIn(ids, unit)
  if (unitId === undefined) {
    const message = `The message has no usable ${unit}, which this audience's list is made of.`
    return { fault: { code: 'no_unit_id', message }, unitId }
  }
  const fault = unitIdFault(unitId)
  return fault === undefined ? { unitId } : { fault, unitId }
}
