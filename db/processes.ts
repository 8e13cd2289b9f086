/** Signs of life of our own processes, and whether the store can be written: what readiness reads. */
import type { ProcessStore } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { laneState, selectLanes } from './lane-state.ts'

/** The row that a probe writes; no process is called so. */
const probeName = 'probe'

export function createProcessStore(db: Db): ProcessStore {
  const beat = db.sqlite.prepare(
    'INSERT INTO processes (name, at_ms) VALUES (?, ?) ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms',
  )
  const list = db.sqlite.prepare<[], { name: string; atMs: number }>(
    `SELECT name, at_ms AS atMs FROM processes WHERE name <> '${probeName}' ORDER BY name`,
  )
  const write = async (name: string, nowMs: number): Promise<void> => {
    await immediate(db, () => beat.run(name, nowMs))
  }
  return {
    beat: write,
    list: async () => list.all(),
    probe: (nowMs) => write(probeName, nowMs),
    allLanes: async () => selectLanes(db).map(laneState),
  }
}
