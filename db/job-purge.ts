/** What jobs leave behind goes some time after their end: the files they read, what was odd in them, what they took. */
import { immediate, type Db } from './client.ts'

/** Rows that one transaction removes at most. */
const rowsMax = 2_000

/** Of jobs that ended before a moment. The job itself and its counts stay. Hands out numbers of rows. */
export async function* purgeJobs(db: Db, endedBeforeMs: number): AsyncIterable<number> {
  const ended = 'SELECT %s FROM jobs WHERE ended_at_ms < @endedBeforeMs'
  const removals = [
    ['job_files', '(job_id, n)', 'job_id', 'id'],
    ['job_notes', 'id', 'job_id', 'id'],
    ['redriven', '(lane_id, seq)', 'lane_id', 'lane_id'],
  ].map(([table = '', key = '', column = '', of = '']) =>
    db.sqlite.prepare(`
      DELETE FROM ${table} WHERE ${key} IN (
        SELECT ${key.replace(/[()]/g, '')} FROM ${table} WHERE ${column} IN (${ended.replace('%s', of)}) LIMIT ${rowsMax})`),
  )
  for (const removal of removals) {
    for (let changes = rowsMax; changes === rowsMax;) {
      changes = (await immediate(db, () => removal.run({ endedBeforeMs }))).changes
      if (changes > 0) yield changes
    }
  }
}
