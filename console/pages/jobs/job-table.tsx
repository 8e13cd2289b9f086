/** Jobs as rows; each opens its own page. */
import { Link } from '@tanstack/react-router'
import type { Job, JobKind } from '../../api/jobs.ts'
import { count } from '../../parts/numbers.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { JobState, windowOf } from './job-words.tsx'

export function JobTable({ kind, jobs }: { kind: JobKind; jobs: Job[] }) {
  return (
    <div className="card table-frame">
      <table className="plain">
        <thead>
          <tr>
            <th>State</th>
            <th>Window</th>
            <th>Done</th>
            <th className="right">Delivered</th>
            <th className="right">Rejected</th>
            <th className="right">Started</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <td>
                <JobState job={job} />
              </td>
              <td className="nowrap">
                <Link to="/jobs/$kind/$jobId" params={{ kind, jobId: job.id }} data-row>
                  {windowOf(job)}
                </Link>
              </td>
              <td>
                <Progress job={job} />
              </td>
              <td className="right">{job.dryRun === true ? '' : count(job.counts.delivered)}</td>
              <td className={`right ${job.counts.rejected > 0 ? 'bad' : ''}`}>
                {job.dryRun === true ? '' : count(job.counts.rejected)}
              </td>
              <td className="right">
                <TimeAgo at={job.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Progress({ job }: { job: Job }) {
  if (job.dryRun === true)
    return (
      <span className="num dim">
        {job.plan ? `${count(job.plan.deliverable)} would go` : 'being counted'}
      </span>
    )
  const { planned, done, delivered, filtered, skipped, rejected } = job.counts
  const whole = Math.max(1, planned, done)
  const part = (n: number) => ({ width: `${(n / whole) * 100}%` })
  return (
    <div className="row" style={{ flexWrap: 'nowrap' }}>
      <div className="funnel grow col-more" style={{ minWidth: 80 }} aria-hidden>
        <i className="bar-delivered" style={part(delivered)} />
        <i className="bar-filtered" style={part(filtered)} />
        <i className="bar-skipped" style={part(skipped)} />
        <i className="bar-rejected" style={part(rejected)} />
      </div>
      <span className="num nowrap dim">
        {count(done)} of {count(planned)}
      </span>
    </div>
  )
}
