/** What has just ended, lane by lane: what the live stream reads behind each commit of a drain. */
import type { LanePlace, LiveStore } from '../core/explorer-ports.ts'
import type { Db } from './client.ts'
import { endedColumns, endedEntry, endedRows, type EndedRow } from './entry.ts'

export function createLiveStore({ sqlite }: Db): LiveStore {
  const places = sqlite.prepare<[string], LanePlace & { connectionId: string }>(
    'SELECT id AS laneId, name AS lane, cursor FROM lanes WHERE connection_id = ? ORDER BY id',
  )
  const owner = sqlite.prepare<[number], string>('SELECT connection_id FROM lanes WHERE id = ?').pluck()
  const ended = sqlite.prepare<[number, number, number, number], EndedRow>(
    `SELECT ${endedColumns} FROM ${endedRows} WHERE lane_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
  )
  return {
    version: () => Number(sqlite.pragma('data_version', { simple: true })),
    places: async (connectionId) => places.all(connectionId),
    async ended({ laneId, lane }, after, upTo, limit) {
      const inLane = { id: laneId, name: lane, connectionId: owner.get(laneId) ?? '' }
      return ended.all(laneId, after, upTo, limit).map((row) => endedEntry(inLane, row))
    },
  }
}
