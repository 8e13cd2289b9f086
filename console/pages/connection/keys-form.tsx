/** The vendors' keys of a connection: set or not set, replaced here, never shown. */
import { PasswordInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useState, type SyntheticEvent } from 'react'
import { usePatchConnection } from '../../api/queries.ts'
import type { Connection } from '../../api/shapes.ts'
import { CopyLine } from '../../parts/copy.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'

const fields = [
  {
    vendor: 'statsig',
    name: 'serverKey',
    label: 'Statsig server secret key',
    placeholder: 'secret-…',
    why: 'delivers events',
  },
  {
    vendor: 'statsig',
    name: 'consoleKey',
    label: 'Statsig console API key',
    placeholder: 'console-…',
    why: 'keeps audiences equal to ID lists',
  },
  {
    vendor: 'statsig',
    name: 'clientKey',
    label: 'Statsig client SDK key',
    placeholder: 'client-…',
    why: 'takes what client SDKs log',
  },
  {
    vendor: 'statsig',
    name: 'webhookSecret',
    label: 'Statsig webhook secret',
    placeholder: '',
    why: 'proves that a webhook is from Statsig',
  },
  {
    vendor: 'segment',
    name: 'writeKey',
    label: 'Segment write key',
    placeholder: 'the source named Statsig',
    why: 'sends Statsig events to Segment',
  },
  {
    vendor: 'segment',
    name: 'sharedSecret',
    label: 'Segment webhook shared secret',
    placeholder: '',
    why: 'proves that a webhook is from Segment',
  },
] as const

export function KeysForm({ connection }: { connection: Connection }) {
  const [draft, setDraft] = useState<Record<string, string>>({})
  const patch = usePatchConnection(connection.id)
  const set = Object.entries(draft).filter(([, value]) => value.trim() !== '')
  const save = (event: SyntheticEvent) => {
    event.preventDefault()
    const body: Record<string, Record<string, string>> = {}
    for (const [path, value] of set) {
      const [vendor = '', name = ''] = path.split('.')
      body[vendor] = { ...body[vendor], [name]: value.trim() }
    }
    patch.mutate(body, { onSuccess: () => setDraft({}) })
  }
  return (
    <section className="stack" aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <form className="card pad stack wide" onSubmit={save} autoComplete="off">
        <div className="halves">
          {fields.map(({ vendor, name, label, placeholder, why }) => {
            const path = `${vendor}.${name}`
            const isSet = (connection[vendor] as Record<string, boolean>)[name] === true
            return (
              <PasswordInput
                key={path}
                label={label}
                description={`${isSet ? 'Set' : 'Not set'}; ${why}.`}
                placeholder={isSet ? 'replace it' : placeholder}
                autoComplete="off"
                value={draft[path] ?? ''}
                onChange={(event) => setDraft({ ...draft, [path]: event.currentTarget.value })}
                visibilityToggleButtonProps={{ 'aria-label': `Show or hide: ${label}` }}
              />
            )
          })}
        </div>
        {patch.error && <ProblemNote error={patch.error} />}
        <div className="row">
          <Button type="submit" size="sm" disabled={set.length === 0} loading={patch.isPending}>
            Save the keys
          </Button>
          {patch.isSuccess && set.length === 0 && (
            <span role="status">Saved. What waited for a key goes on.</span>
          )}
        </div>
      </form>
      <div className="halves">
        <CopyLine
          name="Write key for Segment's SDKs, with this host"
          text={connection.writeKey}
          label="Copy the write key"
        />
        <CopyLine
          name="Webhook address for a Segment destination"
          text={connection.webhookUrl}
          label="Copy the webhook address"
        />
        <CopyLine
          name="Webhook address for Statsig's event webhook"
          text={connection.statsigWebhookUrl}
          label="Copy the webhook address for Statsig"
        />
      </div>
    </section>
  )
}
