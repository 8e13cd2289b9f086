/** What was odd in the source of a job: files that were skipped, lines that are not JSON. */
import type { Job } from '../../api/jobs.ts'
import { count } from '../../parts/numbers.ts'

export function Notes({ job: { notes } }: { job: Job }) {
  if (notes.length === 0) return null
  return (
    <section className="stack" aria-labelledby="notes">
      <h2 id="notes">What was odd in the source</h2>
      <div className="card table-frame">
        <table className="plain">
          <thead>
            <tr>
              <th>What</th>
              <th>File</th>
              <th className="right">How many</th>
              <th>Detail</th>
            </tr>
          </thead>
          <tbody>
            {notes.map(({ kind, file, count: n, detail }) => (
              <tr key={`${kind} ${file}`}>
                <td>{kind.replaceAll('_', ' ')}</td>
                <td className="mono">{file}</td>
                <td className="right">{count(n)}</td>
                <td className="dim">{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
