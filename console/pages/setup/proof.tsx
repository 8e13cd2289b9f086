/** The proof at the end: the first real event shown as it passed. */
import { useQuery } from '@tanstack/react-query'
import { api, ok } from '../../api/client.ts'
import type { Connection } from '../../api/shapes.ts'
import { MessagePanel } from '../message/panel.tsx'
import { ButtonLink } from '../../parts/button-link.tsx'

export function Proof({ connection }: { connection: Connection }) {
  const { data } = useQuery({
    queryKey: ['proof', connection.id],
    queryFn: () =>
      ok(
        api.GET('/api/v1/connections/{id}/messages', {
          params: { path: { id: connection.id }, query: { limit: 1 } },
        }),
      ),
    refetchInterval: ({ state }) => (state.data?.data.length ? false : 2_000),
  })
  const first = data?.data[0]
  return (
    <section className="card pad stack wide" aria-labelledby="proof">
      <div className="row between">
        <h2 id="proof">It works</h2>
        <ButtonLink to="/connections/$connectionId/live" params={{ connectionId: connection.id }}>
          Watch the live stream
        </ButtonLink>
      </div>
      {first ? <MessagePanel id={first.id} /> : <p className="dim">The first event will be shown here.</p>}
    </section>
  )
}
