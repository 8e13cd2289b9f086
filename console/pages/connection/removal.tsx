/** Taking a connection away: what it does is said before it is done. */
import { Modal, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.ts'
import type { Connection } from '../../api/shapes.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'

export function Removal({ connection }: { connection: Connection }) {
  const [isAsked, setAsked] = useState(false)
  const [typed, setTyped] = useState('')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => call('DELETE', `/connections/${connection.id}`),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['connections'] })
      await navigate({ to: '/' })
    },
  })
  return (
    <section>
      <Button variant="default" onClick={() => setAsked(true)}>
        Remove this connection…
      </Button>
      <Modal opened={isAsked} onClose={() => setAsked(false)} title={`Remove ${connection.name}?`} centered>
        <div className="stack wide">
          <p style={{ margin: 0 }}>
            What set-up made at Segment is removed there, the write key stops being accepted, and its messages
            go. It cannot be taken back.
          </p>
          <TextInput
            label={`Type “${connection.name}” to go on`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          {remove.error && <ProblemNote error={remove.error} />}
          <div className="row">
            <Button
              color="red.9"
              disabled={typed !== connection.name}
              loading={remove.isPending}
              onClick={() => remove.mutate()}
            >
              Remove it
            </Button>
            <Button variant="default" onClick={() => setAsked(false)}>
              Keep it
            </Button>
          </div>
        </div>
      </Modal>
    </section>
  )
}
