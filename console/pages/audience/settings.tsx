/** What an audience goes by: which id, whether a list is made, whether people who left are removed. */
import { Switch, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useState, type SyntheticEvent } from 'react'
import { usePatchAudience, type Audience } from '../../api/audiences.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

export function AudienceSettings({ connectionId, audience }: { connectionId: string; audience: Audience }) {
  const patch = usePatchAudience(connectionId, audience.key)
  const [unit, setUnit] = useState(audience.unit)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    patch.mutate({ unit: unit.trim() })
  }
  return (
    <section className="stack" aria-labelledby="audience-settings">
      <h2 id="audience-settings">Settings</h2>
      <div className="card pad row wide" style={{ alignItems: 'flex-end' }}>
        <form className="row" style={{ alignItems: 'flex-end' }} onSubmit={submit}>
          <TextInput
            label="Members are known by"
            description="userId, anonymousId, email, or a mapped identifier."
            value={unit}
            onChange={(event) => setUnit(event.currentTarget.value)}
          />
          <Button
            type="submit"
            variant="default"
            size="sm"
            disabled={unit.trim() === '' || unit.trim() === audience.unit}
            loading={patch.isPending}
          >
            Save
          </Button>
        </form>
        <Switch
          label="Make the list at Statsig where there is none"
          checked={audience.createList}
          onChange={(event) => patch.mutate({ createList: event.currentTarget.checked })}
        />
        <Switch
          label="Remove who left"
          checked={audience.removals === 'mirror'}
          onChange={(event) => patch.mutate({ removals: event.currentTarget.checked ? 'mirror' : 'never' })}
        />
      </div>
      {patch.error && <ProblemNote error={patch.error} />}
    </section>
  )
}
