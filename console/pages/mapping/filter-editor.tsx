/** Filters of one direction, edited as a draft: nothing changes until it was tried on what is stored, and saved. */
import { SegmentedControl, Switch } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useState } from 'react'
import { usePatchConnection } from '../../api/queries.ts'
import type { Connection } from '../../api/shapes.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { isSame, type Direction, type Filters } from './draft.ts'
import { EventsTable } from './events-table.tsx'
import { Preview } from './preview.tsx'
import { RuleList } from './rule-list.tsx'

const none: Filters = { default: 'include', rules: [] }

export function FilterEditor({ connection, direction }: { connection: Connection; direction: Direction }) {
  const saved = (connection as { filters?: Partial<Record<Direction, Filters>> }).filters?.[direction] ?? none
  const [draft, setDraft] = useState(saved)
  const patch = usePatchConnection(connection.id)
  const isChanged = !isSame(draft, saved)
  const save = () => patch.mutate({ filters: { [direction]: draft } }, { onSuccess: () => setDraft(draft) })
  return (
    <>
      <section className="stack" aria-labelledby="events">
        <div className="row between">
          <h2 id="events">Events</h2>
          <label className="row">
            <span>New events come in</span>
            <SegmentedControl
              size="xs"
              aria-label="New events come in"
              value={draft.default}
              onChange={(value) => setDraft({ ...draft, default: value })}
              data={[
                { value: 'include', label: 'yes' },
                { value: 'exclude', label: 'no' },
              ]}
            />
          </label>
        </div>
        <EventsTable
          connectionId={connection.id}
          direction={direction}
          draft={draft}
          saved={saved}
          setDraft={setDraft}
        />
      </section>
      {direction === 'outbound' && <OutboundSwitches draft={draft} setDraft={setDraft} />}
      <section className="stack" aria-labelledby="rules">
        <h2 id="rules">Rules</h2>
        <p className="dim" style={{ margin: 0 }}>
          Asked from the top; the first that fits decides. What no rule fits is{' '}
          {draft.default === 'include' ? 'let in' : 'left out'}.
        </p>
        <RuleList direction={direction} draft={draft} setDraft={setDraft} />
      </section>
      {isChanged && (
        <div className="save-bar card pad stack" role="region" aria-label="Unsaved filters">
          <Preview connectionId={connection.id} direction={direction} draft={draft} />
          {patch.error && <ProblemNote error={patch.error} />}
          <div className="row">
            <Button size="sm" loading={patch.isPending} onClick={save}>
              Save the filters
            </Button>
            <Button size="sm" variant="default" onClick={() => setDraft(saved)}>
              Discard
            </Button>
          </div>
        </div>
      )}
    </>
  )
}

function OutboundSwitches({ draft, setDraft }: { draft: Filters; setDraft: (next: Filters) => void }) {
  return (
    <section className="card pad row wide" aria-label="Kinds of Statsig events">
      <Switch
        label="Exposures go out"
        checked={draft.exposures ?? true}
        onChange={(event) => setDraft({ ...draft, exposures: event.currentTarget.checked })}
      />
      <Switch
        label="Only first exposures"
        checked={draft.firstExposureOnly ?? false}
        onChange={(event) => setDraft({ ...draft, firstExposureOnly: event.currentTarget.checked })}
      />
      <Switch
        label="Config changes go out"
        checked={draft.configChanges ?? true}
        onChange={(event) => setDraft({ ...draft, configChanges: event.currentTarget.checked })}
      />
    </section>
  )
}
