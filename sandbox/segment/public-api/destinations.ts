// Destinations over the Public API. One belongs to one source; deleting it deletes its subscriptions.
import { z } from 'zod'
import type { Destination, Workspace } from '../workspace.ts'
import { mayTouch, type Access } from './access.ts'
import type { DestinationMetadata } from './catalog.ts'
import { refuse } from './errors.ts'
import type { ApiHandler, PublicApiDeps } from './guard.ts'
import { readInput } from './input.ts'
import { pageOf } from './page.ts'

const Settings = z.record(z.string(), z.unknown())

const CreateInput = z.object({
  sourceId: z.string().min(1),
  metadataId: z.string().min(1),
  enabled: z.boolean().default(true),
  name: z.string().optional(),
  settings: Settings,
})

const UpdateInput = z.object({
  enabled: z.boolean().optional(),
  name: z.string().nullish(),
  settings: Settings.optional(),
})

/** Those of the sources that the token may touch, oldest first. */
export function destinationsOf(workspace: Workspace, access: Access, sourceId?: string): Destination[] {
  return [...workspace.destinations.values()].filter(
    (destination) =>
      mayTouch(access, destination.sourceId) && (sourceId === undefined || destination.sourceId === sourceId),
  )
}

/** GET /destinations */
export const listDestinations =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  (c, access) => {
    const page = pageOf(c, destinationsOf(workspace, access))
    if ('field' in page) return refuse(c, 'bad-request', `${page.field} is not valid.`, page)
    return c.json({ data: { destinations: page.items, pagination: page.pagination } })
  }

/** POST /destinations */
export const createDestination =
  ({ workspace, newId }: PublicApiDeps): ApiHandler =>
  async (c, access) => {
    const input = await readInput(c, CreateInput)
    if (input instanceof Response) return input
    const source = workspace.source(input.sourceId)
    if (!source) return refuse(c, 'not-found', 'No such source.', { field: 'sourceId' })
    if (!mayTouch(access, source.id))
      return refuse(c, 'forbidden', 'The token was granted for another source.')
    const metadata = workspace.catalog.find(({ id }) => id === input.metadataId)
    if (!metadata) return refuse(c, 'not-found', 'No such catalogue entry.', { field: 'metadataId' })
    const wrong = wrongSetting(metadata, input.settings)
    if (wrong !== undefined)
      return refuse(c, 'bad-request', `settings.${wrong} is not valid.`, { field: wrong })
    const { enabled, settings } = input
    const name = input.name ?? metadata.name
    const destination = { id: newId(), name, enabled, metadata, sourceId: source.id, settings }
    workspace.destinations.set(destination.id, destination)
    return c.json({ data: { destination } })
  }

/** GET, PATCH and DELETE /destinations/:destinationId */
export const oneDestination =
  ({ workspace }: PublicApiDeps): ApiHandler =>
  async (c, access) => {
    const destination = findDestination(workspace, access, c.req.param('destinationId'))
    if (!destination) return refuse(c, 'not-found', 'No such destination.')
    if (c.req.method === 'DELETE') {
      workspace.removeDestination(destination.id)
      return c.json({ data: { status: 'SUCCESS' } })
    }
    if (c.req.method === 'PATCH') {
      const input = await readInput(c, UpdateInput)
      if (input instanceof Response) return input
      const wrong = wrongSetting(destination.metadata, { ...destination.settings, ...input.settings })
      if (wrong !== undefined)
        return refuse(c, 'bad-request', `settings.${wrong} is not valid.`, { field: wrong })
      destination.enabled = input.enabled ?? destination.enabled
      destination.name = input.name ?? destination.name
      destination.settings = { ...destination.settings, ...input.settings }
    }
    return c.json({ data: { destination } })
  }

/** The destination of that id, where the token may touch its source. */
export function findDestination(
  workspace: Workspace,
  access: Access,
  destinationId: string | undefined,
): Destination | undefined {
  const destination = workspace.destinations.get(destinationId ?? '')
  return destination && mayTouch(access, destination.sourceId) ? destination : undefined
}

function wrongSetting(
  { options }: DestinationMetadata,
  settings: Record<string, unknown>,
): string | undefined {
  const unknown = Object.keys(settings).find((name) => !options.some((option) => option.name === name))
  if (unknown !== undefined) return unknown
  return options.find(
    ({ name, required }) => (required || name in settings) && typeof settings[name] !== 'string',
  )?.name
}
