/** How long ended messages are kept, with what that holds on disk now. */
import { NumberInput, Skeleton, Switch } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { api, ok } from '../../api/client.ts'
import { retentionQuery } from '../../api/queries.ts'
import type { Retention } from '../../api/shapes.ts'
import { TimeAgo, useNow } from '../../parts/now.tsx'
import { bytes, compact, plural } from '../../parts/numbers.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

const gigabyte = 1_000_000_000

export function RetentionSettings() {
  const { data, error, refetch } = useQuery(retentionQuery)
  if (error) return <ProblemNote error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={240} />
  return (
    <div className="stack wide">
      <Holdings retention={data} />
      <RetentionForm key={`${data.days}-${data.maxBytes ?? ''}`} retention={data} />
    </div>
  )
}

function Holdings({ retention: { holds } }: { retention: Retention }) {
  return (
    <div className="tiles">
      <div className="card tile">
        <div className="dim">On disk</div>
        <div className="big">{bytes(holds.databaseBytes)}</div>
      </div>
      <div className="card tile">
        <div className="dim">Requests kept</div>
        <div className="big">{compact(holds.requests)}</div>
      </div>
      <div className="card tile">
        <div className="dim">Their bodies, as they came</div>
        <div className="big">{bytes(holds.bodiesBytes)}</div>
      </div>
      <div className="card tile">
        <div className="dim">The oldest came</div>
        <div className="big">{holds.oldestAt === null ? '–' : <TimeAgo at={holds.oldestAt} />}</div>
      </div>
    </div>
  )
}

function RetentionForm({ retention }: { retention: Retention }) {
  const [days, setDays] = useState<number>(retention.days)
  const [gigabytes, setGigabytes] = useState<number | undefined>(
    retention.maxBytes === null ? undefined : retention.maxBytes / gigabyte,
  )
  const queries = useQueryClient()
  const save = useMutation({
    mutationFn: () =>
      ok(
        api.PUT('/api/v1/retention', {
          body: { days, maxBytes: gigabytes === undefined ? null : Math.round(gigabytes * gigabyte) },
        }),
      ),
    onSuccess: (now) => queries.setQueryData(retentionQuery.queryKey, now),
  })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form className="card pad stack wide" onSubmit={submit} style={{ maxWidth: 560 }}>
      <NumberInput
        label="Days that ended messages are kept"
        description="At least 8 make a replay of seven days possible. A repeated message id is known for 7 days longer."
        min={1}
        max={3650}
        value={days}
        onChange={(value) => setDays(Number(value))}
      />
      <Switch
        label="Also limit the size of the database"
        checked={gigabytes !== undefined}
        onChange={(event) => setGigabytes(event.currentTarget.checked ? 10 : undefined)}
      />
      {gigabytes !== undefined && (
        <NumberInput
          label="Size in GB beyond which the oldest ended messages go"
          min={0.1}
          step={1}
          decimalScale={1}
          value={gigabytes}
          onChange={(value) => setGigabytes(Number(value))}
        />
      )}
      <p className="dim" style={{ margin: 0 }}>
        <Effect retention={retention} days={days} gigabytes={gigabytes} /> What is pending is never removed,
        and counters stay.
      </p>
      {save.error && <ProblemNote error={save.error} />}
      <div className="row">
        <Button type="submit" size="sm" loading={save.isPending} disabled={days < 1}>
          Save
        </Button>
        {save.isSuccess && <span role="status">Saved; in force within the hour.</span>}
      </div>
    </form>
  )
}

/** What the setting would free, as far as the age of the oldest and an even flow tell. */
function Effect({
  retention: { holds },
  days,
  gigabytes,
}: {
  retention: Retention
  days: number
  gigabytes: number | undefined
}) {
  const now = useNow()
  if (holds.oldestAt === null) return <>Nothing is held yet.</>
  const heldDays = (now - Date.parse(holds.oldestAt)) / 86_400_000
  const byAge = heldDays > days ? (1 - days / heldDays) * holds.databaseBytes : 0
  const bySize = gigabytes === undefined ? 0 : Math.max(0, holds.databaseBytes - gigabytes * gigabyte)
  const freed = Math.max(byAge, bySize)
  if (freed > 0) return <>This would free about {bytes(freed)}.</>
  return (
    <>
      This frees nothing now: {heldDays < 2 ? 'the first days' : plural(Math.round(heldDays), 'day')} of
      history take {bytes(holds.databaseBytes)}.
    </>
  )
}
