// GET and POST /console/v1/unit_id_types: the id types of the one project, as the Console API lists and makes them
// (statsig-io/docs, console-api/capiopenapi.json). A console key is needed; every project has userID and stableID.
import type { Handler } from 'hono'
import { actOut, type Faults } from '../faults.ts'
import type { SandboxEnv } from '../connection.ts'
import { kindOfKey } from './keys.ts'

const builtIn = ['userID', 'stableID']

export class UnitIdTypes {
  #made: string[] = []

  list(): { name: string; description: string }[] {
    return [...builtIn, ...this.#made].map((name) => ({ name, description: '' }))
  }

  /** False when the project has it already. */
  add(name: string): boolean {
    if (this.list().some((type) => type.name.toLowerCase() === name.toLowerCase())) return false
    this.#made.push(name)
    return true
  }

  forget(): void {
    this.#made = []
  }
}

/** Lists on GET, makes one on POST. */
export function unitIdTypes(types: UnitIdTypes, faults: Faults): Handler<SandboxEnv> {
  return async (c) => {
    const fault = faults.take('statsig.console')
    const faulty = fault && (await actOut(fault, c))
    if (faulty) return faulty
    const key = c.req.header('statsig-api-key')
    if (kindOfKey(key) !== 'console' || key?.includes('revoked') === true) {
      return c.json({ status: 401, message: 'A live console- key is needed.' }, 401)
    }
    if (c.req.method === 'GET') return c.json({ message: 'Unit id types listed.', data: types.list() })
    const body = (await c.req.json().catch(() => undefined)) as { name?: unknown } | undefined
    if (typeof body?.name !== 'string' || body.name.trim() === '') {
      return c.json({ status: 400, message: '`name` must be a text.' }, 400)
    }
    if (!types.add(body.name)) return c.json({ status: 400, message: 'The project has this id type.' }, 400)
    return c.json({ message: 'Unit id type created.', data: { name: body.name } }, 201)
  }
}
