/**
 * Segment's `delete` events, which a deletion regulation sends to webhooks: each starts an erasure in the transaction
 * that ends its entry. Only a webhook is believed: a tracking write key stands in every web page.
 * See https://segment.com/docs/connections/destinations/catalog/webhooks/
 */
import { isObject } from '../core/own-keys.ts'
import type { LaneStore, Lease } from '../core/ports.ts'
import { idText } from '../core/segment-to-statsig/ids.ts'
import { parseBody, unpackStored } from '../core/stored-request.ts'
import type { Db } from './client.ts'
import { prepareInsertErasure } from './erasures.ts'
import { itemAt, prepareBodyAt } from './log-row.ts'
import type { SecretBox } from './secret-box.ts'

/** A follower of the commit. */
export function prepareDeleteEvents(db: Db, box: SecretBox) {
  const insert = prepareInsertErasure(db, box)
  const bodyAt = prepareBodyAt(db)
  return (
    { laneId, connectionId, lane }: Lease,
    { entries, nowMs }: Parameters<LaneStore['commit']>[1],
  ): void => {
    if (lane !== 'events' && lane !== 'late') return
    for (const { seq, type, outcome, reason } of entries) {
      if (type !== 'delete' || outcome !== 'skipped' || reason !== 'internal') continue
      const stored = bodyAt(laneId, seq)
      if (stored?.row.source !== 'webhook') continue
      const { row, body } = stored
      const unpacked = unpackStored(row, parseBody(body))
      const item = unpacked.ok ? unpacked.items[itemAt(row, seq)] : undefined
      if (!isObject(item)) continue
      const person = { userId: idText(item.userId), anonymousId: idText(item.anonymousId) }
      if (person.userId === undefined && person.anonymousId === undefined) continue
      insert({ id: `era_${laneId}_${seq}`, connectionId, person, origin: 'delete_event', nowMs })
    }
  }
}
