/** What the way back keeps besides its lanes: the webhook's hours, and the forgetting of what need not be kept. */
import type { OutboundStore } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { hourOf } from './hour.ts'

const dayMs = 86_400_000
const rowsMax = 2_000
/** First exposures are known for a quarter; about 60 bytes each, so at most some 300 MB. */
const exposuresKeptDays = 90
const exposuresKeptMax = 5_000_000
const hoursKept = 8 * 24

/** Counts a request of Statsig's webhook, in the transaction that accepts it. */
export function prepareCountWebhook({ sqlite }: Db): (connectionId: string, receivedAtMs: number) => void {
  const count = sqlite.prepare(
    `INSERT INTO webhook_hours (connection_id, hour, requests) VALUES (?, ?, 1)
     ON CONFLICT DO UPDATE SET requests = requests + 1`,
  )
  return (connectionId, receivedAtMs) => void count.run(connectionId, hourOf(receivedAtMs))
}

/** `exposuresMax` is for tests: five million rows take a while to make. */
export function createOutboundStore(db: Db, exposuresMax = exposuresKeptMax): OutboundStore {
  const { sqlite } = db
  const hours = sqlite.prepare<[number], { connectionId: string; hour: number; requests: number }>(
    `SELECT connection_id AS connectionId, hour, requests FROM webhook_hours WHERE hour >= ? ORDER BY connection_id, hour`,
  )
  const forgetHours = sqlite.prepare(
    `DELETE FROM webhook_hours WHERE (connection_id, hour) IN
       (SELECT connection_id, hour FROM webhook_hours WHERE hour < ? LIMIT ${rowsMax})`,
  )
  const forgetExposures = sqlite.prepare(
    `DELETE FROM first_exposures WHERE (connection, hash) IN
       (SELECT connection, hash FROM first_exposures WHERE day <= ? ORDER BY day LIMIT ?)`,
  )
  const exposures = sqlite.prepare<[], number>('SELECT count(*) FROM first_exposures').pluck()

  async function* inChunks(remove: (limit: number) => number, total = Infinity): AsyncIterable<number> {
    for (let left = total; left > 0;) {
      const limit = Math.min(left, rowsMax)
      const removed = await immediate(db, () => remove(limit))
      yield removed
      if (removed < limit) return
      left -= removed
    }
  }

  return {
    webhookHours: async (sinceMs) => hours.all(hourOf(sinceMs)),
    async *purge(nowMs) {
      const day = Math.floor(nowMs / dayMs)
      yield* inChunks(() => forgetHours.run(hourOf(nowMs) - hoursKept).changes)
      yield* inChunks((limit) => forgetExposures.run(day - exposuresKeptDays, limit).changes)
      const tooMany = (exposures.get() ?? 0) - exposuresMax
      if (tooMany > 0) yield* inChunks((limit) => forgetExposures.run(day, limit).changes, tooMany)
    },
  }
}
