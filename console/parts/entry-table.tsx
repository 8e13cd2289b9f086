/** Entries as rows. A row's button opens it; `j`, `k` and Enter work since the button is what has the focus. */
import type { Entry } from '../api/shapes.ts'
import { laneWord, reasonWord } from './lane-words.ts'
import { TimeAgo } from './now.tsx'
import { OutcomeMark } from './outcome-mark.tsx'

interface Props {
  entries: Entry[]
  open: string | undefined
  onOpen: (id: string) => void
}

export function EntryTable({ entries, open, onOpen }: Props) {
  return (
    <div className="card table-frame">
      <table className="plain entries">
        <thead>
          <tr>
            <th>Outcome</th>
            <th>Event</th>
            <th className="col-user">User</th>
            <th className="col-more">Lane</th>
            <th className="col-more">Why</th>
            <th className="col-most">Message id</th>
            <th className="right">Received</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr
              key={entry.id}
              className="open-row"
              aria-selected={entry.id === open}
              onClick={() => onOpen(entry.id)}
            >
              <td>
                <OutcomeMark outcome={entry.outcome} />
              </td>
              <td className="clip">
                <button type="button" data-row className="row-button clip" onClick={() => onOpen(entry.id)}>
                  {entry.event ?? entry.type ?? 'not read yet'}
                </button>
                {entry.event !== undefined && entry.type !== 'track' && (
                  <span className="dim col-more"> {entry.type}</span>
                )}
              </td>
              <td className="clip col-user" style={{ maxWidth: 180 }}>
                {entry.userId ?? <span className="dim">–</span>}
              </td>
              <td className="dim col-more">{laneWord(entry.lane)}</td>
              <td className="dim clip col-more" style={{ maxWidth: 260 }} title={reasonWord(entry)}>
                {reasonWord(entry)}
              </td>
              <td className="mono dim clip col-most" style={{ maxWidth: 160 }}>
                {entry.messageId}
              </td>
              <td className="right">
                <TimeAgo at={entry.receivedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
