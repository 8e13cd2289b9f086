// GET and POST /console/v1/experiments: the experiments of the one project, in pages, as the Console API lists and makes
// them (docs.statsig.com/api-reference/experiments). They exist there alone: no specs are made of them for SDKs. A group
// may be given the id that another project's specs have for it.
import { z } from 'zod'
import type { Handler } from 'hono'
import { actOut, type Faults } from '../faults.ts'
import type { SandboxEnv } from '../connection.ts'
import { kindOfKey } from './keys.ts'

const NewExperiment = z.object({
  name: z.string().min(3).max(100),
  id: z.string().optional(),
  idType: z.string().default('userID'),
  groups: z
    .array(z.object({ name: z.string(), id: z.string().optional(), size: z.number().default(50) }))
    .default([]),
})
const Query = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(10),
  page: z.coerce.number().int().min(1).default(1),
})

interface Experiment {
  id: string
  name: string
  idType: string
  status: string
  groups: { id: string; name: string; size: number }[]
}

export class Experiments {
  #made: Experiment[] = []

  list(): readonly Experiment[] {
    return this.#made
  }

  /** False when the project has it already. */
  add({ name, id = name.replaceAll(' ', '_'), idType, groups }: z.infer<typeof NewExperiment>): boolean {
    if (this.#made.some((experiment) => experiment.id === id)) return false
    const named = groups.map((group, n) => ({ ...group, id: group.id ?? `${id}-group-${n + 1}` }))
    this.#made.push({ id, name, idType, status: 'active', groups: named })
    return true
  }

  forget(): void {
    this.#made = []
  }
}

/** Lists a page on GET, makes one on POST. */
export function experimentsOf(experiments: Experiments, faults: Faults): Handler<SandboxEnv> {
  return async (c) => {
    const fault = faults.take('statsig.console')
    const faulty = fault && (await actOut(fault, c))
    if (faulty) return faulty
    const key = c.req.header('statsig-api-key')
    if (kindOfKey(key) !== 'console' || key?.includes('revoked') === true)
      return c.json({ status: 401, message: 'A live console- key is needed.' }, 401)
    if (c.req.method === 'GET') {
      const query = Query.safeParse(c.req.query())
      if (!query.success)
        return c.json({ status: 400, message: 'limit and page must be whole numbers from 1.' }, 400)
      const { limit, page } = query.data
      const data = experiments.list().slice((page - 1) * limit, page * limit)
      const pagination = { itemsPerPage: limit, pageNumber: page, totalItems: experiments.list().length }
      return c.json({ message: 'Experiments listed successfully.', data, pagination })
    }
    const given = NewExperiment.safeParse(await c.req.json().catch(() => undefined))
    if (!given.success) return c.json({ status: 400, message: z.prettifyError(given.error) }, 400)
    if (!experiments.add(given.data))
      return c.json({ status: 400, message: 'The project has this experiment.' }, 400)
    return c.json({ message: 'Experiment created successfully.', data: experiments.list().at(-1) }, 201)
  }
}
