/** Whom to tell when something needs a person: a webhook, what it is told of, and a test. */
import { NumberInput, Skeleton, Switch, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { alertsQuery, type AlertKind, type Alerts } from '../../api/alerts.ts'
import { api, ok } from '../../api/client.ts'
import { CopyLine } from '../../parts/copy.tsx'
import { Empty } from '../../parts/empty.tsx'
import { TimeAgo } from '../../parts/now.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'

const kinds: { kind: AlertKind; label: string }[] = [
  { kind: 'needs_attention', label: 'A lane needs attention, such as for a refused key' },
  { kind: 'lane_stalled', label: 'A lane has work and nobody does it' },
  { kind: 'rejection_rate', label: 'More than the share below is rejected' },
  { kind: 'guard_waiting', label: 'Removals from an audience wait for a decision' },
  { kind: 'webhook_quiet', label: 'Statsig’s webhook was busy and went quiet' },
  { kind: 'token_dying', label: 'What Segment granted cannot be renewed' },
]

export function AlertSettings() {
  const { data, error, refetch } = useQuery(alertsQuery)
  if (error) return <ProblemNote error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={240} />
  return (
    <div className="stack wide">
      <AlertForm key={data.url ?? ''} alerts={data} />
      <Told alerts={data} />
    </div>
  )
}

function AlertForm({ alerts }: { alerts: Alerts }) {
  const [url, setUrl] = useState(alerts.url ?? '')
  const [on, setOn] = useState(alerts.kinds)
  const [percent, setPercent] = useState(alerts.rejectionRateLimit * 100)
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: alertsQuery.queryKey })
  const save = useMutation({
    mutationFn: () =>
      ok(
        api.PUT('/api/v1/alerts', {
          body: { url: url.trim() === '' ? null : url.trim(), kinds: on, rejectionRateLimit: percent / 100 },
        }),
      ),
    onSuccess: refresh,
  })
  const test = useMutation({ mutationFn: () => ok(api.POST('/api/v1/alerts/test')), onSuccess: refresh })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form className="card pad stack wide" onSubmit={submit} style={{ maxWidth: 640 }}>
      <TextInput
        label="Webhook that alerts are posted to"
        description="Signed, and only to public addresses unless the operator allowed others. Empty: nobody is told."
        placeholder="https://hooks.example.com/causeway"
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      {kinds.map(({ kind, label }) => (
        <Switch
          key={kind}
          label={label}
          checked={on[kind]}
          onChange={(event) => setOn({ ...on, [kind]: event.currentTarget.checked })}
        />
      ))}
      <NumberInput
        label="Percent of what ended within 5 minutes that may be rejected"
        min={0.1}
        max={100}
        decimalScale={1}
        value={percent}
        onChange={(value) => setPercent(Number(value))}
      />
      {save.error && <ProblemNote error={save.error} />}
      {test.error && <ProblemNote error={test.error} />}
      {save.data?.secret !== undefined && (
        <CopyLine
          name="The secret that signs them, shown this once"
          text={save.data.secret}
          label="Copy the secret"
        />
      )}
      <div className="row">
        <Button type="submit" size="sm" loading={save.isPending}>
          Save
        </Button>
        <Button
          size="sm"
          variant="default"
          disabled={alerts.url === null}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          Send a test
        </Button>
        {save.isSuccess && <span role="status">Saved.</span>}
        {test.isSuccess && <span role="status">Sent; how it went stands below.</span>}
      </div>
    </form>
  )
}

const deliveryWord = {
  off: 'told nobody',
  waiting: 'about to be told',
  sending: 'being told',
  delivered: 'told',
  given_up: 'given up',
} as const

function Told({ alerts: { data } }: { alerts: Alerts }) {
  if (data.length === 0)
    return (
      <Empty title="Nothing has been told yet">
        An alert is told when something begins to need a person, and once more when it is over.
      </Empty>
    )
  return (
    <div className="card table-frame">
      <table className="plain">
        <caption className="sr-only">The last alerts, newest first</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Told</th>
          </tr>
        </thead>
        <tbody>
          {data.map(({ id, createdAt, state, text, delivery }) => (
            <tr key={id}>
              <td>
                <TimeAgo at={createdAt} />
              </td>
              <td style={{ minWidth: 220 }}>
                {state === 'recovered' ? 'Over: ' : ''}
                {text}
              </td>
              <td className="nowrap dim">
                {deliveryWord[delivery.state]}
                {delivery.lastStatus === null ? '' : ` (HTTP ${delivery.lastStatus})`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
