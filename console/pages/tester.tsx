/** The event tester: as received, what happened, as sent. Nothing is sent unless the button that says so is pressed. */
import { Select, Textarea } from '@mantine/core'
import { Button } from '../parts/button.tsx'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, ok } from '../api/client.ts'
import { storyQuery } from '../api/queries.ts'
import { testMessage } from '../api/trace.ts'
import { useAddress } from '../layout/address.ts'
import { useConnectionId } from '../layout/current-connection.ts'
import { PageHead } from '../parts/page-head.tsx'
import { pretty } from '../parts/json-view.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { samples } from './tester/samples.ts'
import { SendForReal } from './tester/send-for-real.tsx'
import { TraceView } from './tester/trace-view.tsx'

/** Inbound goes to the lane that accept would choose: an audience's message is told as such. */
type Direction = 'inbound' | 'outbound'
const laneOf = (direction: Direction) => (direction === 'outbound' ? 'outbound' : undefined)

export function Tester() {
  const connectionId = useConnectionId()
  const [search] = useAddress()
  const [text, setText] = useState(() => pretty(samples[0]?.make()))
  const [direction, setDirection] = useState<Direction>('inbound')
  const parsed = parse(text)
  const test = useMutation({
    mutationFn: (message: unknown) => testMessage(connectionId, { message, lane: laneOf(direction) }),
  })
  const edit = (next: string) => {
    setText(next)
    test.reset()
  }
  const { data: story } = useQuery({
    ...storyQuery(search['from'] ?? ''),
    enabled: search['from'] !== undefined,
  })
  useEffect(() => {
    if (story?.received === undefined) return
    setText(pretty(story.received))
    setDirection(directionOf(story.lane))
  }, [story])
  return (
    <div className="page full stack wide">
      <PageHead title="Event tester">
        The very mapping of the live path, with the settings of now. Nothing is stored and nothing is sent.
      </PageHead>
      <Pick {...{ connectionId, direction, setDirection, edit }} />
      <div className="code-area">
        <Textarea
          label="Message"
          autosize
          minRows={8}
          maxRows={16}
          spellCheck={false}
          value={text}
          onChange={(event) => edit(event.currentTarget.value)}
          error={'error' in parsed ? parsed.error : undefined}
        />
      </div>
      <div className="row">
        <Button
          size="sm"
          disabled={'error' in parsed}
          loading={test.isPending}
          onClick={() => 'value' in parsed && test.mutate(parsed.value)}
        >
          Test it
        </Button>
      </div>
      {test.error && <ProblemNote error={test.error} />}
      {test.data && (
        <>
          <TraceView trace={test.data} connectionId={connectionId} />
          {test.data.mapped !== undefined && 'value' in parsed && (
            <SendForReal connectionId={connectionId} lane={laneOf(direction)} message={parsed.value} />
          )}
        </>
      )}
    </div>
  )
}

const directionOf = (lane: string): Direction => (/^(outbound|export)/.test(lane) ? 'outbound' : 'inbound')

function parse(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'not JSON' }
  }
}

interface PickProps {
  connectionId: string
  direction: Direction
  setDirection: (direction: Direction) => void
  edit: (text: string) => void
}

/** A sample, or one of the last real messages. */
function Pick({ connectionId, direction, setDirection, edit }: PickProps) {
  const { data: recent } = useQuery({
    queryKey: ['recent', connectionId],
    queryFn: () =>
      ok(
        api.GET('/api/v1/connections/{id}/messages', {
          params: { path: { id: connectionId }, query: { limit: 20 } },
        }),
      ),
  })
  const takeReal = async (id: string) => {
    const story = await ok(api.GET('/api/v1/messages/{id}', { params: { path: { id } } }))
    if (story.received !== undefined) edit(pretty(story.received))
    setDirection(directionOf(story.lane))
  }
  return (
    <div className="row" style={{ alignItems: 'flex-end' }}>
      <Select
        label="Begin with a sample"
        placeholder="choose"
        value={null}
        data={samples.map(({ label }) => label)}
        onChange={(label) => {
          const sample = samples.find((one) => one.label === label)
          if (!sample) return
          setDirection(sample.direction)
          edit(pretty(sample.make()))
        }}
      />
      <Select
        label="or with a real message"
        placeholder="the last 20"
        value={null}
        w={280}
        data={(recent?.data ?? []).map(({ id, event, type, userId }) => ({
          value: id,
          label: `${event ?? type ?? 'message'} · ${userId ?? 'no user'} · ${id}`,
        }))}
        onChange={(id) => id !== null && void takeReal(id)}
      />
      <Select
        label="Direction"
        w={190}
        value={direction}
        onChange={(value) => setDirection(value as Direction)}
        data={[
          { value: 'inbound', label: 'Segment to Statsig' },
          { value: 'outbound', label: 'Statsig to Segment' },
        ]}
      />
    </div>
  )
}
