/** The list itself: found, made, of the right kind, or explained to a person. */
import { idTypeOf } from '../core/audiences/unit.ts'
import { listIdPattern } from '../core/audiences/limits.ts'
import { BridgeError } from '../core/errors.ts'
import type { Connection, StatsigSegment, SyncMode } from '../core/ports.ts'
import { asked, listGone, Stopped, stopOrWait, type SyncContext } from './sync-send.ts'

/** Throws `Stopped` with what a person must do. A list that was found once is asked for again only by a whole sync. */
export async function ensureList(
  context: SyncContext,
  { settings }: Connection,
  mode: SyncMode,
): Promise<void> {
  const { target } = context
  if (target.listFound && mode === 'changes' && target.state !== 'needs_attention') return
  const idType = target.idType ?? idTypeOf(target.unit, settings.identifiers)
  if (idType === undefined) {
    const reason = `The connection maps no identifier to ${target.unit}, which this audience's list is made of. Map one, or set another unit.`
    throw new Stopped('needs_attention', reason)
  }
  const found = await asked(context, () => context.segments.get(context.key, target.key, context.signal))
  if (found) checkKind(found, idType)
  else await makeList(context, idType, mode)
  if (!target.listFound) await context.record({ listFound: true })
}

async function makeList(context: SyncContext, idType: string, mode: SyncMode): Promise<void> {
  const { target, audiences, segments, key, signal } = context
  if (target.listFound) {
    if (mode !== 'full') throw new Stopped('needs_attention', listGone(target.key))
    await audiences.forgetApplied(target)
  }
  if (!target.listFound && !target.createList) {
    const reason = `There is no ID list ${target.key}. Make a segment of type ID list with that id and the unit type ${idType} at Statsig, or set createList; then sync.`
    throw new Stopped('waiting_list', reason)
  }
  if (!listIdPattern.test(target.key)) {
    const reason = `No segment at Statsig can be named ${target.key.slice(0, 120)}: an id has 3 to 100 letters, digits, "_" and "-".`
    throw new Stopped('needs_attention', reason)
  }
  const description = 'A Segment audience, kept by Causeway. Do not edit its ids.'
  try {
    await segments.create(key, { id: target.key, idType, description }, signal)
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    if (error.code !== 'statsig.list_refused') throw await stopOrWait(context, error)
    // Someone may have made it a moment ago.
    const found = await asked(context, () => segments.get(key, target.key, signal))
    if (found) {
      checkKind(found, idType)
      return
    }
    const reason = `Statsig refuses to make the ID list ${target.key} with the unit type ${idType}. If the project lacks that type, POST /connections/:id/unit-id-types makes it. Statsig says: ${error.detail}`
    throw new Stopped('needs_attention', reason)
  }
}

function checkKind({ id, type, idType }: StatsigSegment, wanted: string): void {
  if (type !== 'id_list') {
    const reason = `The segment ${id} at Statsig is of type ${type}, not an ID list. Rename or delete it there, then sync with mode "full".`
    throw new Stopped('needs_attention', reason)
  }
  if (idType.toLowerCase() !== wanted.toLowerCase()) {
    const reason = `The ID list ${id} at Statsig is made of ${idType}, and this audience of ${wanted}. Set the audience's unit or idType to fit, or delete the list there and sync with mode "full".`
    throw new Stopped('needs_attention', reason)
  }
}
