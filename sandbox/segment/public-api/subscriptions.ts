// A destination's subscriptions ("mappings" in Segment's app) over the Public API. Triggers are read by Segment's own
// parser; a mapping that the sandbox could not carry out is refused when it is made.
import type { Context } from 'hono'
import { z } from 'zod'
import { badMapping } from '../delivery/mapping.ts'
import { isTrigger } from '../delivery/trigger.ts'
import type { Destination, Subscription } from '../workspace.ts'
import type { Access } from './access.ts'
import { findDestination } from './destinations.ts'
import { refuse } from './errors.ts'
import type { ApiHandler, PublicApiDeps } from './guard.ts'
import { readInput } from './input.ts'
import { pageOf } from './page.ts'

const Settings = z.record(z.string(), z.unknown())
const Trigger = z.string().refine(isTrigger, { error: 'The trigger is not valid FQL.' })

const CreateInput = z.object({
  name: z.string().min(1),
  actionId: z.string().min(1),
  trigger: Trigger,
  enabled: z.boolean(),
  settings: Settings.default({}),
})

const UpdateInput = z.object({
  input: z.object({
    name: z.string().min(1).optional(),
    trigger: Trigger.optional(),
    enabled: z.boolean().optional(),
    settings: Settings.optional(),
  }),
})

type WithDestination = (c: Context, destination: Destination, access: Access) => Response | Promise<Response>

const inDestination =
  ({ workspace }: PublicApiDeps, handle: WithDestination): ApiHandler =>
  (c, access) => {
    const destination = findDestination(workspace, access, c.req.param('destinationId'))
    return destination ? handle(c, destination, access) : refuse(c, 'not-found', 'No such destination.')
  }

/** GET /destinations/:destinationId/subscriptions */
export const listSubscriptions = (deps: PublicApiDeps): ApiHandler =>
  inDestination(deps, (c, { id }) => {
    const page = pageOf(c, deps.workspace.subscriptionsOf(id))
    if ('field' in page) return refuse(c, 'bad-request', `${page.field} is not valid.`, page)
    return c.json({ data: { subscriptions: page.items, pagination: page.pagination } })
  })

/** POST /destinations/:destinationId/subscriptions */
export const createSubscription = (deps: PublicApiDeps): ApiHandler =>
  inDestination(deps, async (c, destination) => {
    const input = await readInput(c, CreateInput)
    if (input instanceof Response) return input
    const action = destination.metadata.actions.find(({ id }) => id === input.actionId)
    if (!action) return refuse(c, 'bad-request', 'The destination has no such action.', { field: 'actionId' })
    const wrong = wrongSettings(destination, action.slug, input.settings)
    if (wrong !== undefined) return refuse(c, 'bad-request', wrong, { field: 'settings' })
    const { id: destinationId } = destination
    const subscription = { ...input, id: deps.newId(), actionSlug: action.slug, destinationId }
    deps.workspace.subscriptions.set(subscription.id, subscription)
    return c.json({ data: { destinationSubscription: subscription } })
  })

/** GET, PATCH and DELETE /destinations/:destinationId/subscriptions/:id */
export const oneSubscription = (deps: PublicApiDeps): ApiHandler =>
  inDestination(deps, async (c, destination) => {
    const subscription = deps.workspace.subscriptions.get(c.req.param('id') ?? '')
    if (subscription?.destinationId !== destination.id) return refuse(c, 'not-found', 'No such subscription.')
    if (c.req.method === 'DELETE') {
      deps.workspace.subscriptions.delete(subscription.id)
      return c.json({ data: { status: 'SUCCESS' } })
    }
    return c.req.method === 'PATCH'
      ? updateSubscription(c, destination, subscription)
      : c.json({ data: { subscription } })
  })

async function updateSubscription(
  c: Context,
  destination: Destination,
  subscription: Subscription,
): Promise<Response> {
  const body = await readInput(c, UpdateInput)
  if (body instanceof Response) return body
  const { name, trigger, enabled, settings } = body.input
  const wrong = settings && wrongSettings(destination, subscription.actionSlug, settings)
  if (wrong !== undefined) return refuse(c, 'bad-request', wrong, { field: 'input.settings' })
  subscription.name = name ?? subscription.name
  subscription.trigger = trigger ?? subscription.trigger
  subscription.enabled = enabled ?? subscription.enabled
  subscription.settings = settings ?? subscription.settings
  return c.json({ data: { subscription } })
}

function wrongSettings(
  { metadata }: Destination,
  actionSlug: string,
  settings: Record<string, unknown>,
): string | undefined {
  const fields = metadata.actions.find(({ slug }) => slug === actionSlug)?.fields ?? []
  const missing = fields.find(
    ({ fieldKey, required, defaultValue }) =>
      required && defaultValue === null && settings[fieldKey] === undefined,
  )
  if (missing) return `settings.${missing.fieldKey} is required.`
  const unknown = Object.keys(settings).find((name) => !fields.some(({ fieldKey }) => fieldKey === name))
  if (unknown !== undefined) return `settings.${unknown} is no field of the action.`
  return badMapping(settings)
}
