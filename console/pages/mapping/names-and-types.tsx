/** The smaller settings of the way in: environment, prefix, which calls are events. */
import { Switch, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useState, type SyntheticEvent } from 'react'
import { usePatchConnection } from '../../api/queries.ts'
import type { Connection } from '../../api/shapes.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

const types = ['track', 'page', 'screen', 'group', 'alias'] as const

export function NamesAndTypes({ connection }: { connection: Connection }) {
  const patch = usePatchConnection(connection.id)
  const [environment, setEnvironment] = useState(connection.environment ?? '')
  const [prefix, setPrefix] = useState(connection.inbound.prefix)
  const save = (event: SyntheticEvent) => {
    event.preventDefault()
    patch.mutate({ environment: environment.trim() || null, inbound: { prefix } })
  }
  return (
    <section className="stack" aria-labelledby="names-and-types">
      <h2 id="names-and-types">Names, environment, calls</h2>
      <div className="card pad stack wide">
        <form className="row" style={{ alignItems: 'flex-end' }} onSubmit={save}>
          <TextInput
            label="Environment"
            description="For messages that name none; empty counts as production."
            placeholder="production"
            value={environment}
            onChange={(event) => setEnvironment(event.currentTarget.value)}
            style={{ flex: '1 1 240px' }}
          />
          <TextInput
            label="Prefix"
            description="Stands before every event name at Statsig."
            value={prefix}
            onChange={(event) => setPrefix(event.currentTarget.value)}
            style={{ flex: '1 1 240px' }}
          />
          <Button type="submit" variant="default" size="sm" loading={patch.isPending}>
            Save
          </Button>
        </form>
        <fieldset style={{ border: 0, margin: 0, padding: 0 }} className="row wide">
          <legend style={{ padding: 0, marginBottom: 8, fontWeight: 500 }}>Calls that become events</legend>
          {types.map((type) => (
            <Switch
              key={type}
              label={type}
              checked={connection.types[type]}
              onChange={(event) => patch.mutate({ types: { [type]: event.currentTarget.checked } })}
            />
          ))}
          <Switch
            label="page names in the event name"
            checked={connection.inbound.nameInEvent}
            onChange={(event) => patch.mutate({ inbound: { nameInEvent: event.currentTarget.checked } })}
          />
        </fieldset>
        {patch.error && <ProblemNote error={patch.error} />}
      </div>
    </section>
  )
}
