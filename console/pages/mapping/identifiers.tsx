/** Identifiers as sentences: `anonymousId` becomes `segmentAnonymousId`. */
import { TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useState, type SyntheticEvent } from 'react'
import { usePatchConnection } from '../../api/queries.ts'
import type { Connection } from '../../api/shapes.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

export function IdentifierEditor({ connection }: { connection: Connection }) {
  const patch = usePatchConnection(connection.id)
  const { identifiers } = connection
  const save = (next: Connection['identifiers']) => patch.mutate({ identifiers: next })
  return (
    <section className="stack" aria-labelledby="identifiers">
      <h2 id="identifiers">Map identifiers</h2>
      <p className="dim" style={{ margin: 0 }}>
        Which id of a message becomes which unit id at Statsig. Pairs in{' '}
        <code>properties.statsigCustomIDs</code> win over these.
      </p>
      <div className="card">
        <div className="rule-item">
          <span className="grow">
            <code>userId</code> becomes <code>userID</code> <span className="dim">· always</span>
          </span>
        </div>
        {identifiers.map(({ from, to }, index) => (
          <div className="rule-item" key={`${from} ${to}`}>
            <span className="grow">
              <code>{from}</code> becomes <code>{to}</code>
            </span>
            <Button
              variant="default"
              size="compact-sm"
              aria-label={`Remove: ${from} becomes ${to}`}
              onClick={() => save(identifiers.toSpliced(index, 1))}
            >
              Remove
            </Button>
          </div>
        ))}
        <NewIdentifier isBusy={patch.isPending} add={(one) => save([...identifiers, one])} />
      </div>
      {patch.error && <ProblemNote error={patch.error} />}
    </section>
  )
}

function NewIdentifier({
  isBusy,
  add,
}: {
  isBusy: boolean
  add: (one: { from: string; to: string }) => void
}) {
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    add({ from: from.trim(), to: to.trim() })
    setFrom('')
    setTo('')
  }
  return (
    <form className="rule-item" style={{ flexWrap: 'wrap' }} onSubmit={submit}>
      <TextInput
        aria-label="Field of the message"
        placeholder="properties.companyId"
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
        style={{ flex: '1 1 180px' }}
      />
      <span>becomes</span>
      <TextInput
        aria-label="Id type at Statsig"
        placeholder="companyID"
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
        style={{ flex: '1 1 180px' }}
      />
      <Button
        type="submit"
        variant="default"
        loading={isBusy}
        disabled={from.trim() === '' || to.trim() === ''}
      >
        Add
      </Button>
    </form>
  )
}
