/** The values to paste, beside a sketch of where they go. */
import type { Connection } from '../../api/shapes.ts'
import { CopyLine } from '../../parts/copy.tsx'

export function ManualValues({ connection }: { connection: Connection }) {
  const basic = `Basic ${btoa(`${connection.writeKey}:`)}`
  const sdk = `new Analytics({ writeKey: '${connection.writeKey}', host: '${location.origin}' })`
  return (
    <section className="stack wide" aria-label="Values to paste">
      <div className="halves">
        <div className="stack">
          <h3>At Segment</h3>
          <p className="dim" style={{ margin: 0 }}>
            Destinations → Add Destination → “Webhooks (Actions)” → select the sources → Mappings → New
            mapping → Send.
          </p>
          <div className="sketch" aria-hidden>
            <div className="sketch-field">
              <span>URL</span>
              <b>①</b>
            </div>
            <div className="sketch-field">
              <span>Headers · Authorization</span>
              <b>②</b>
            </div>
            <div className="sketch-field">
              <span>Data</span>
              <b>$event</b>
            </div>
          </div>
        </div>
        <div className="stack wide">
          <CopyLine name="① URL" text={connection.webhookUrl} label="Copy the URL" />
          <CopyLine name="② Authorization header" text={basic} label="Copy the header" />
          <CopyLine
            name="For an Engage space, the audiences address"
            text={connection.audiencesUrl}
            label="Copy the audiences address"
          />
        </div>
      </div>
      <CopyLine
        name="Or without a destination: a Segment SDK that sends here"
        text={sdk}
        label="Copy the line"
      />
    </section>
  )
}
