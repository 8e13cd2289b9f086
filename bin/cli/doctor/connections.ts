/** Each connection as the API sees it: keys, what holds its lanes, how the vendors answer, what its audiences wait for. */
import type { components } from '../../../console/api/schema.d.ts'
import { ok, type Api } from '../api.ts'
import { pendingOf, type Connection } from '../connection.ts'
import { word } from '../text.ts'
import { lengthOf } from '../when.ts'
import { bad, good, odd, type Check } from './check.ts'

type Audience = components['schemas']['Audience']

/** One check a connection that is well, one for each thing that is not otherwise. */
export async function checkConnections(api: Api, connections: readonly Connection[]): Promise<Check[]> {
  if (connections.length === 0)
    return [odd('connections', 'There is none.', '`npx causeway connections create` makes one.')]
  const checks: Check[] = []
  for (const connection of connections) {
    const params = { path: { id: connection.id }, query: { limit: 500 } }
    const { data } = await ok(api.GET('/api/v1/connections/{id}/audiences', { params }))
    checks.push(...checkConnection(connection, data))
  }
  return checks
}

export function checkConnection(connection: Connection, audiences: readonly Audience[]): Check[] {
  const { id, name, status } = connection
  const found = [
    ...checkStatus(connection),
    ...Object.entries(connection.lanes).flatMap(([lane, state]) => checkLane(connection, lane, state)),
    ...audiences.flatMap((audience) => checkAudience(connection, audience)),
  ]
  return found.length > 0 ? found : [good(id, `${name}: ${status}, ${pendingOf(connection)} pending`)]
}

function checkStatus({ id, name, status, paused, statsig, setup }: Connection): Check[] {
  return [
    ...(statsig.serverKey
      ? []
      : [
          odd(
            id,
            `${name} has no Statsig server key: nothing goes to Statsig.`,
            `npx causeway connections set-key statsig.serverKey -c ${id}`,
          ),
        ]),
    ...(paused
      ? [odd(id, `${name} is paused; what comes in is kept.`, `npx causeway connections resume -c ${id}`)]
      : []),
    ...(status === 'new' && setup !== 'manual'
      ? [odd(id, `${name} is not set up at Segment.`, `npx causeway connections setup start -c ${id}`)]
      : []),
  ]
}

/** The key that a lane sends with. */
const keyOf: Record<string, string> = { audiences: 'statsig.consoleKey', outbound: 'segment.writeKey' }
const lagMsOdd = 5 * 60_000

function checkLane(
  { id, name, paused }: Connection,
  lane: string,
  state: Connection['lanes'][string],
): Check[] {
  const { reason = '', pending, lagMs } = state
  const where = `${name}, lane ${lane}`
  if (state.state === 'needs_attention')
    return [
      bad(
        id,
        `${where}: ${reason}`,
        `Set the key anew: npx causeway connections set-key ${keyOf[lane] ?? 'statsig.serverKey'} -c ${id}; or, once it is mended elsewhere: npx causeway connections retry -c ${id}`,
      ),
    ]
  if (state.paused && !paused)
    return [
      odd(
        id,
        `${where} is paused; ${pending} pending.`,
        `npx causeway connections resume --lane ${lane} -c ${id}`,
      ),
    ]
  if (state.state !== 'running') return []
  if (reason !== '' && pending > 0)
    return [
      bad(
        id,
        `${where}: ${reason}`,
        'Nothing to do while the vendor is out: it is tried again without end. docs/runbook.md says what each answer means.',
      ),
    ]
  if (lagMs > lagMsOdd)
    return [
      odd(
        id,
        `${where} is ${lengthOf(lagMs / 1_000)} behind; ${pending} pending.`,
        `Watch it: npx causeway tail -c ${id} --lane ${lane}`,
      ),
    ]
  return []
}

function checkAudience({ id, name }: Connection, { key, state, reason, guard }: Audience): Check[] {
  const where = `${name}, audience ${key}`
  if (state === 'needs_attention')
    return [
      bad(
        id,
        `${where}: ${reason ?? 'needs attention'}`,
        `npx causeway audiences show ${word(key)} -c ${id}; docs/runbook.md, "An audience does not reach its list"`,
      ),
    ]
  if (state === 'waiting_approval')
    return [
      odd(
        id,
        `${where}: ${guard.message ?? 'removals wait for approval'}`,
        `npx causeway audiences approve ${word(key)} -c ${id}, or reject`,
      ),
    ]
  return []
}
