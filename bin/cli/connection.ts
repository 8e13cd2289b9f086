/** Which connection a command means: by id, by name, or the only one there is. */
import type { Command } from 'commander'
import type { components } from '../../console/api/schema.d.ts'
import { ok, type Api } from './api.ts'
import type { Cli } from './cli.ts'
import { misused, refused } from './failure.ts'

export type Connection = components['schemas']['Connection']

export interface ConnectionOption {
  connection?: string | undefined
}

/** `-c, --connection`, on each command that is about one. */
export const withConnection = (command: Command): Command =>
  command.option('-c, --connection <id|name>', 'the connection; may be left out where there is one')

/** What waits in all its lanes. */
export const pendingOf = ({ lanes }: Pick<Connection, 'lanes'>): number =>
  Object.values(lanes).reduce((sum, { pending }) => sum + pending, 0)

const pageMax = 500

/** All connections, oldest first or as the API lists them. */
export async function allConnections(api: Api): Promise<Connection[]> {
  const found: Connection[] = []
  for (let cursor: string | undefined; ;) {
    const query = { limit: pageMax, ...(cursor === undefined ? {} : { cursor }) }
    const { data, nextCursor } = await ok(api.GET('/api/v1/connections', { params: { query } }))
    found.push(...data)
    if (nextCursor === null) return found
    cursor = nextCursor
  }
}

/** Throws `usage` where the option is needed, `not_found` where it names nothing. */
export async function pickConnection({ api }: Cli, named: string | undefined): Promise<Connection> {
  if (named?.startsWith('con_'))
    return ok(api.GET('/api/v1/connections/{id}', { params: { path: { id: named } } }))
  const all = await allConnections(api)
  const fitting = named === undefined ? all : all.filter(({ name }) => name === named)
  const [one, another] = fitting
  if (one && !another) return one
  if (one) throw misused(`Which connection? ${listed(fitting)}`, 'Say -c <id>.')
  if (named === undefined)
    throw refused('not_found', 'There is no connection.', '`npx causeway connections create` makes one.')
  throw refused(
    'not_found',
    `No connection is called '${named}'.`,
    all.length === 0 ? undefined : `There is: ${listed(all)}`,
  )
}

function listed(connections: readonly Connection[]): string {
  const first = connections.slice(0, 5).map(({ id, name }) => `${id} (${name})`)
  return [...first, ...(connections.length > 5 ? [`and ${connections.length - 5} more`] : [])].join(', ')
}
