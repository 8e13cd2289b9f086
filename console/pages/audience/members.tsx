/** Members with their own state and error. */
import { Select, Skeleton, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { membersQuery, type MemberState } from '../../api/audiences.ts'
import { useAddress } from '../../layout/address.ts'
import { TimeAgo } from '../../parts/now.tsx'
import { StateMark } from '../../parts/outcome-mark.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'

const states: Record<MemberState, { tone: 'good' | 'warn' | 'bad' | 'dim'; word: string }> = {
  in: { tone: 'good', word: 'in' },
  out: { tone: 'dim', word: 'out' },
  adding: { tone: 'warn', word: 'being added' },
  removing: { tone: 'warn', word: 'being removed' },
  failed: { tone: 'bad', word: 'failed' },
  set_aside: { tone: 'dim', word: 'set aside' },
}

export function Members({ connectionId, audienceKey }: { connectionId: string; audienceKey: string }) {
  const [search, change] = useAddress()
  const [text, setText] = useState(search['id'] ?? '')
  const filter = { state: search['state'], id: search['id'] }
  const members = useInfiniteQuery(membersQuery(connectionId, audienceKey, filter))
  const rows = members.data?.pages.flatMap(({ data }) => data) ?? []
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    change({ id: text.trim() || undefined })
  }
  return (
    <section className="stack" aria-labelledby="members">
      <h2 id="members">Members</h2>
      <div className="card">
        <form className="row pad" style={{ alignItems: 'flex-end' }} onSubmit={submit}>
          <TextInput
            label="Id"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onBlur={submit}
          />
          <Select
            label="State"
            w={170}
            value={search['state'] ?? ''}
            onChange={(value) => change({ state: value ?? undefined })}
            data={[
              { value: '', label: 'any' },
              ...Object.entries(states).map(([value, { word }]) => ({ value, label: word })),
            ]}
          />
        </form>
        {members.error && <ProblemNote error={members.error} retry={() => void members.refetch()} />}
        {members.isPending && <Skeleton height={160} />}
        {members.data && (
          <div className="table-frame">
            <table className="plain">
              <thead>
                <tr>
                  <th>Id</th>
                  <th>State</th>
                  <th>Why</th>
                  <th className="right">Last word on it</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ id, state, error, at }, index) => (
                  <tr key={`${id ?? ''} ${index}`}>
                    <td className="mono">{id ?? <span className="dim">none</span>}</td>
                    <td>
                      <StateMark tone={states[state].tone}>{states[state].word}</StateMark>
                    </td>
                    <td className="dim">{error}</td>
                    <td className="right">
                      <TimeAgo at={at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {members.data && rows.length === 0 && <div className="pad dim">No member fits.</div>}
        {members.hasNextPage && (
          <div className="pad">
            <Button
              variant="default"
              loading={members.isFetchingNextPage}
              onClick={() => void members.fetchNextPage()}
            >
              Show more
            </Button>
          </div>
        )}
      </div>
    </section>
  )
}
