// /console/v1/segments: segments and their ID lists as the Console API answers (statsig-io/docs,
// console-api/capiopenapi.json): make, find, delete, add, remove, reset, read in pages, with the real limits and errors.
import { Hono, type Context } from 'hono'
import { z } from 'zod'
import type { SandboxEnv } from '../connection.ts'
import { actOut, type Faults } from '../faults.ts'
import { BodyRefused, readBody } from '../request-body.ts'
import type { CallLimit } from './call-limit.ts'
import { kindOfKey } from './keys.ts'
import { PROJECT_IDS_MAX, type Segment, type SegmentStore } from './segment-store.ts'
import type { UnitIdTypes } from './unit-id-types.ts'

const IDS_MAX = 100_000
const BODY_BYTES_MAX = 64 * 1024 * 1024

const NewSegment = z.object({
  name: z.string().regex(/^[\w -]{3,100}$/),
  id: z
    .string()
    .regex(/^[\w-]{3,100}$/)
    .optional(),
  type: z.enum(['id_list', 'rule_based', 'analysis_list', 'user_store_id_list']),
  idType: z.string().min(1).default('userID'),
  description: z.string().max(1_000).default(''),
})
const Ids = z.object({ ids: z.array(z.string().min(1)).max(IDS_MAX) })
const Page = z.object({
  limit: z.coerce.number().int().min(1).max(10_000).default(10),
  page: z.coerce.number().int().min(1).default(1),
})

export interface ConsoleSegmentsDeps {
  nowMs: () => number
  faults: Faults
  segments: SegmentStore
  idTypes: UnitIdTypes
  limit: CallLimit
}

/** A refusal with the Console API's body. */
class Refused extends Error {
  readonly status: 400 | 401 | 404 | 413 | 429
  readonly retryAfterSeconds: number | undefined
  constructor(status: Refused['status'], message: string, retryAfterSeconds?: number) {
    super(message)
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export function consoleSegments(deps: ConsoleSegmentsDeps): Hono<SandboxEnv> {
  const { segments, faults } = deps
  const routes = new Hono<SandboxEnv>()
  routes.use(async (c, next) => {
    const fault = faults.take('statsig.console')
    const faulty = fault && (await actOut(fault, c))
    if (faulty) return faulty
    const key = c.req.header('statsig-api-key')
    if (kindOfKey(key) !== 'console' || key?.includes('revoked') === true)
      throw new Refused(401, 'A live console- key is needed.')
    await next()
  })
  routes.onError((error, c) => {
    const refused =
      error instanceof BodyRefused ? new Refused(error.status === 413 ? 413 : 400, error.message) : error
    if (!(refused instanceof Refused)) return c.json({ status: 500, message: error.message }, 500)
    const { status, message, retryAfterSeconds } = refused
    if (retryAfterSeconds !== undefined) c.header('Retry-After', String(retryAfterSeconds))
    return c.json({ status, message }, status)
  })
  routes.get('/', (c) => c.json(paged(c, segments.list().map(shown), (data) => data)))
  routes.post('/', async (c) => c.json({ message: 'Segment created.', data: await create(c, deps) }, 201))
  routes.get('/:id', (c) => c.json({ message: 'Segment read.', data: shown(find(c, segments)) }))
  routes.delete('/:id', (c) => {
    segments.delete(find(c, segments).id)
    return c.json({ message: 'Segment deleted.' })
  })
  routes.get('/:id/id_list', (c) => {
    const { name, ids } = findList(c, segments)
    return c.json(paged(c, [...ids], (page) => ({ name, count: ids.size, ids: page })))
  })
  routes.get('/:id/idlist_metadata', (c) => {
    findList(c, segments)
    return c.json({ message: 'Metadata read.', data: { currentVersion: 1, isUpdating: false } })
  })
  changes(routes, deps)
  return routes
}

function changes(routes: Hono<SandboxEnv>, deps: ConsoleSegmentsDeps): void {
  const { segments, limit, nowMs } = deps
  const change = (apply: (list: Segment, ids: string[]) => void) => async (c: Context<SandboxEnv>) => {
    const wait = limit.take(nowMs())
    if (wait !== undefined) throw new Refused(429, 'Too many changes of ID lists.', wait)
    const list = findList(c, segments)
    const { ids } = await parsed(c, Ids)
    apply(list, ids)
    return c.json({ message: 'ID list changed.' })
  }
  routes.patch(
    '/:id/id_list',
    change((list, ids) => {
      const fresh = ids.filter((id) => !list.ids.has(id)).length
      if (segments.totalIds() + fresh > PROJECT_IDS_MAX)
        throw new Refused(400, `The ID lists of a project hold at most ${PROJECT_IDS_MAX} ids.`)
      segments.add(list, ids)
    }),
  )
  routes.delete(
    '/:id/id_list',
    change((list, ids) => segments.remove(list, ids)),
  )
  routes.post(
    '/:id/id_list/reset',
    change((list, ids) => {
      const wanted = new Set(ids)
      segments.remove(
        list,
        [...list.ids].filter((id) => !wanted.has(id)),
      )
      segments.add(list, ids)
    }),
  )
}

async function create(c: Context<SandboxEnv>, { segments, idTypes }: ConsoleSegmentsDeps) {
  const { id: givenId, ...given } = await parsed(c, NewSegment)
  const id = givenId ?? given.name.replaceAll(' ', '_')
  const known = idTypes.list().find(({ name }) => name.toLowerCase() === given.idType.toLowerCase())
  if (known === undefined) throw new Refused(400, `The project has no unit id type ${given.idType}.`)
  if (segments.get(id) !== undefined) throw new Refused(400, `A segment ${id} already exists.`)
  return shown(segments.create({ ...given, id, idType: known.name }))
}

function find(c: Context<SandboxEnv>, segments: SegmentStore): Segment {
  const found = segments.get(c.req.param('id') ?? '')
  if (found === undefined) throw new Refused(404, 'Segment not found.')
  return found
}

function findList(c: Context<SandboxEnv>, segments: SegmentStore): Segment {
  const found = find(c, segments)
  if (found.type !== 'id_list') throw new Refused(400, `The segment is of type ${found.type}, not id_list.`)
  return found
}

async function parsed<T>(c: Context<SandboxEnv>, shape: z.ZodType<T>): Promise<T> {
  const body = await readBody(c, BODY_BYTES_MAX)
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    throw new Refused(400, 'The body is not JSON.')
  }
  const result = shape.safeParse(json)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Refused(400, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`)
}

function shown({ ids, file: _file, ...segment }: Segment) {
  return { ...segment, isEnabled: true, count: ids.size }
}

function paged<T, D>(c: Context<SandboxEnv>, items: T[], dataOf: (page: T[]) => D) {
  const query = Page.safeParse(c.req.query())
  if (!query.success) throw new Refused(400, 'limit and page must be whole numbers from 1.')
  const { limit, page } = query.data
  const data = dataOf(items.slice((page - 1) * limit, page * limit))
  const link = (to: number) => `${c.req.path}?page=${to}&limit=${limit}`
  const pagination = {
    itemsPerPage: limit,
    pageNumber: page,
    totalItems: items.length,
    nextPage: page * limit < items.length ? link(page + 1) : null,
    previousPage: page > 1 ? link(page - 1) : null,
  }
  return { message: 'Read.', data, pagination }
}
