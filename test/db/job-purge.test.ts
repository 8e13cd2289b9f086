import { expect, describe, it } from 'vitest'
import { purgeJobs } from '../../db/job-purge.ts'
import { openForTest, temporaryFile } from './temporary.ts'

describe('purgeJobs', () => {
  it('removes what jobs that ended before a moment left, and nothing of the others', async () => {
    const db = openForTest(temporaryFile())
    const job = db.sqlite.prepare(
      `INSERT INTO jobs (id, kind, connection_id, lane_id, spec, status, handler, created_at_ms, ended_at_ms)
       VALUES (?, 'replay', 'con_1', ?, '{}', 'completed', 'events', 1, ?)`,
    )
    const file = db.sqlite.prepare(`INSERT INTO job_files VALUES (?, ?, 'f', 'e', 1)`)
    const note = db.sqlite.prepare(
      `INSERT INTO job_notes (job_id, kind, file, count) VALUES (?, 'cut', ?, 1)`,
    )
    const taken = db.sqlite.prepare(
      `INSERT INTO redriven (lane_id, seq, origin_lane_id, origin_seq, sole, outcome, settings_version, open)
       VALUES (?, ?, 1, ?, 1, 4, 1, 0)`,
    )
    const jobs: [string, number, number | null][] = [
      ['old', 1, 1_000],
      ['late', 2, 5_000],
      ['open', 3, null],
    ]
    db.sqlite.transaction(() => {
      for (const [id, lane, endedAtMs] of jobs) {
        job.run(id, lane, endedAtMs)
        for (let n = 0; n < 2_500; n += 1) {
          file.run(id, n)
          note.run(id, `f${n}`)
          taken.run(lane, n, n)
        }
      }
    })()
    let rows = 0
    for await (const step of purgeJobs(db, 5_000)) {
      expect(step).toBeLessThanOrEqual(2_000)
      rows += step
    }
    expect(rows).toBe(7_500)
    const left = (table: string, column: string) =>
      db.sqlite.prepare(`SELECT DISTINCT ${column} FROM ${table} ORDER BY 1`).pluck().all()
    expect(left('job_files', 'job_id')).toEqual(['late', 'open'])
    expect(left('job_notes', 'job_id')).toEqual(['late', 'open'])
    expect(left('redriven', 'lane_id')).toEqual([2, 3])
    expect(left('jobs', 'id')).toEqual(['late', 'old', 'open'])
  })
})
