/** A new connection: how it is to be set up, and the keys that this takes. */
import { PasswordInput, Radio, TextInput } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import { api, call, idempotent, ok } from '../api/client.ts'
import { PageHead } from '../parts/page-head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'

type Way = 'oauth' | 'token' | 'manual'

const ways: { value: Way; label: string; description: string }[] = [
  {
    value: 'oauth',
    label: 'Using OAuth',
    description: 'The easiest: allow it at Segment, and Causeway makes the destination there.',
  },
  {
    value: 'token',
    label: 'With a Public API token',
    description: 'The same without a browser at Segment: paste a token of the workspace.',
  },
  {
    value: 'manual',
    label: 'Manual configuration',
    description: 'You paste two values into a Webhooks destination, or point a Segment SDK here.',
  },
]

export function Connect() {
  const [way, setWay] = useState<Way>('oauth')
  const [name, setName] = useState('')
  const [keys, setKeys] = useState({ serverKey: '', consoleKey: '', apiToken: '', writeKey: '' })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: async () => {
      const given = <T extends object>(fields: T) =>
        Object.fromEntries(
          Object.entries(fields).filter(([, value]) => String(value).trim() !== ''),
        ) as Partial<T>
      const { serverKey, consoleKey, apiToken, writeKey } = keys
      const body = {
        name: name.trim(),
        setup: way,
        statsig: given({ serverKey, consoleKey }),
        segment: given({ writeKey, ...(way === 'token' ? { apiToken } : {}) }),
      }
      const { id } = await ok(api.POST('/api/v1/connections', { body, headers: idempotent() }))
      await call('POST', `/connections/${id}/setup`, { body: {}, headers: idempotent() })
      return id
    },
    onSuccess: async (id) => {
      await queries.invalidateQueries({ queryKey: ['connections'] })
      await navigate({ to: '/connections/$connectionId/setup', params: { connectionId: id } })
    },
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    make.mutate()
  }
  const isWhole =
    name.trim() !== '' && keys.serverKey.trim() !== '' && (way !== 'token' || keys.apiToken.trim() !== '')
  return (
    <div className="page" style={{ maxWidth: 720 }}>
      <PageHead title="Connect Segment with Statsig">
        A bridge in both directions, set up step by step and proved by a real event.
      </PageHead>
      <form className="card pad stack" style={{ gap: 20 }} onSubmit={submit} autoComplete="off">
        <TextInput
          label="Name"
          placeholder="Shop"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label="How" value={way} onChange={(value) => setWay(value)}>
          <div className="stack" style={{ marginTop: 8 }}>
            {ways.map((one) => (
              <Radio key={one.value} {...one} />
            ))}
          </div>
        </Radio.Group>
        <KeyFields way={way} keys={keys} setKeys={setKeys} />
        {make.error && <ProblemNote error={make.error} />}
        <div className="row">
          <Button type="submit" size="sm" disabled={!isWhole} loading={make.isPending}>
            Connect
          </Button>
          <span className="dim">
            Events are accepted and delivered from this moment; set-up and proof follow.
          </span>
        </div>
      </form>
    </div>
  )
}

type Keys = Record<'serverKey' | 'consoleKey' | 'apiToken' | 'writeKey', string>

function KeyFields({ way, keys, setKeys }: { way: Way; keys: Keys; setKeys: (keys: Keys) => void }) {
  const field = (name: keyof Keys, label: string, description: string, placeholder: string) => (
    <PasswordInput
      label={label}
      description={description}
      placeholder={placeholder}
      autoComplete="off"
      value={keys[name]}
      onChange={(event) => setKeys({ ...keys, [name]: event.currentTarget.value })}
      visibilityToggleButtonProps={{ 'aria-label': `Show or hide: ${label}` }}
    />
  )
  return (
    <>
      {field(
        'serverKey',
        'Statsig server secret key',
        'Project settings → Keys & environments. Sealed before it is stored, never shown again.',
        'secret-…',
      )}
      {field(
        'consoleKey',
        'Statsig console API key (for audiences)',
        'Optional: without it audiences are kept here and not synced to ID lists.',
        'console-…',
      )}
      {way === 'token' &&
        field(
          'apiToken',
          'Segment Public API token',
          'Workspace settings → Access management → Tokens, with rights on sources and destinations.',
          'sgp_…',
        )}
      {field(
        'writeKey',
        'Segment write key (for the way back)',
        'Optional: of a source named “Statsig”, where Statsig events are to go.',
        '',
      )}
    </>
  )
}
