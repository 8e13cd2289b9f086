/** API keys: who may see, who may steer, who may open the vault. The secret is shown once. */
import { Modal, Select, Skeleton, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { api, ok } from '../../api/client.ts'
import { CopyLine } from '../../parts/copy.tsx'
import { TimeAgo } from '../../parts/now.tsx'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Empty } from '../../parts/empty.tsx'
import type { components } from '../../api/schema.d.ts'

type ApiKey = components['schemas']['ApiKey']
type Role = ApiKey['role']

const roles: { value: Role; label: string }[] = [
  { value: 'viewer', label: 'viewer: sees everything but secrets' },
  { value: 'operator', label: 'operator: also pauses, replays, changes filters' },
  { value: 'admin', label: 'admin: also keys, vendor keys, retention, removal' },
]

export function Keys() {
  const { data, error, refetch } = useQuery({
    queryKey: ['keys'],
    queryFn: () => ok(api.GET('/api/v1/keys')),
  })
  return (
    <div className="stack wide">
      <NewKey />
      {error && <ProblemNote error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton height={120} />}
      {data?.data.length === 0 && (
        <Empty title="Only the admin key of this machine">
          Give each person and each program a key of its own: it can be revoked alone, and the audit log says
          who did what.
        </Empty>
      )}
      {data && data.data.length > 0 && <KeyTable keys={data.data} />}
    </div>
  )
}

function NewKey() {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: () => ok(api.POST('/api/v1/keys', { body: { name: name.trim(), role } })),
    onSuccess: () => {
      setName('')
      return queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <>
      <form className="card pad row" style={{ alignItems: 'flex-end' }} onSubmit={submit}>
        <TextInput
          label="Name"
          placeholder="Ada, dashboards, CI…"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          style={{ flex: '1 1 180px' }}
        />
        <Select
          label="Role"
          data={roles}
          value={role}
          onChange={(value) => value && setRole(value)}
          style={{ flex: '1 1 320px' }}
        />
        <Button type="submit" size="sm" disabled={name.trim() === ''} loading={make.isPending}>
          Make a key
        </Button>
      </form>
      {make.error && <ProblemNote error={make.error} />}
      <Modal
        opened={make.data !== undefined}
        onClose={() => make.reset()}
        title={`The key of ${make.data?.name ?? ''}`}
        centered
      >
        <div className="stack wide">
          <p style={{ margin: 0 }}>It is shown this once. Causeway keeps only its hash.</p>
          <CopyLine text={make.data?.key ?? ''} label="Copy the key" />
          <Button onClick={() => make.reset()}>I have it</Button>
        </div>
      </Modal>
    </>
  )
}

function KeyTable({ keys }: { keys: ApiKey[] }) {
  const [asked, setAsked] = useState<ApiKey>()
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: (id: string) => ok(api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      setAsked(undefined)
      return queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return (
    <div className="card table-frame">
      <table className="plain">
        <thead>
          <tr>
            <th>Name</th>
            <th>Role</th>
            <th>State</th>
            <th>Last used</th>
            <th>Made</th>
            <th>
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <td>{key.name}</td>
              <td>{key.role}</td>
              <td>
                {key.revokedAt === null ? (
                  <StateMark tone="good">valid</StateMark>
                ) : (
                  <StateMark tone="dim">revoked</StateMark>
                )}
              </td>
              <td>
                {key.lastUsedAt === null ? (
                  <span className="dim">never</span>
                ) : (
                  <TimeAgo at={key.lastUsedAt} />
                )}
              </td>
              <td>
                <TimeAgo at={key.createdAt} />
              </td>
              <td className="right">
                {key.revokedAt === null && (
                  <Button
                    variant="default"
                    size="compact-sm"
                    onClick={() => setAsked(key)}
                    aria-label={`Revoke ${key.name}`}
                  >
                    Revoke
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Modal
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={`Revoke the key of ${asked?.name ?? ''}?`}
        centered
      >
        <div className="stack wide">
          <p style={{ margin: 0 }}>
            Whoever uses it is locked out at once, sessions included. It cannot be taken back; a new key can
            be made.
          </p>
          {revoke.error && <ProblemNote error={revoke.error} />}
          <div className="row">
            <Button color="red.9" loading={revoke.isPending} onClick={() => asked && revoke.mutate(asked.id)}>
              Revoke it
            </Button>
            <Button variant="default" onClick={() => setAsked(undefined)}>
              Keep it
            </Button>
          </div>
        </div>
      </Modal>
    </div>
  )
}
