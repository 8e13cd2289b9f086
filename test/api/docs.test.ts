import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../api/openapi-document.ts'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

let world: ApiWorld
beforeAll(() => {
  world = createApiWorld()
})
afterAll(() => world.close())

interface Operation {
  summary?: string
  parameters?: { name: string; in: string; required?: boolean }[]
  requestBody?: { content: object }
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  security: object[]
  components: Record<string, object>
  paths: Record<string, Record<string, Operation>>
}
const document = async () => (await (await world.app.request('/openapi.json')).json()) as Document

/** Every value under a key, anywhere. */
function* valuesOf(key: string, node: unknown): Generator {
  if (typeof node !== 'object' || node === null) return
  for (const [name, value] of Object.entries(node)) {
    if (name === key) yield value
    yield* valuesOf(key, value)
  }
}

const at = (root: unknown, pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], root)

describe('registerDocs', () => {
  describe('/openapi.json', () => {
    it('is OpenAPI 3.1 with a title, a version and the bearer key that every route needs', async () => {
      const { openapi, info, security, components } = await document()
      expect(openapi).toMatch(/^3\.1\.\d+$/)
      expect(info).toMatchObject({ title: 'Causeway', version: /^\d+\.\d+\.\d+$/ })
      expect(security).toEqual([{ bearer: [] }])
      expect(components.securitySchemes).toMatchObject({ bearer: { type: 'http', scheme: 'bearer' } })
    })

    it('refers only to what it holds', async () => {
      const doc = await document()
      const refs = [...valuesOf('$ref', doc)] as string[]
      expect(refs.length).toBeGreaterThan(5)
      for (const ref of refs) {
        expect(ref).toMatch(/^#\/components\//)
        expect(at(doc, ref), ref).toBeTypeOf('object')
      }
    })

    it('has no words of OpenAPI 3.0 that 3.1 dropped', async () => {
      expect([...valuesOf('nullable', await document())]).toEqual([])
    })

    it('describes each route: a summary, its path parameters, a success with a schema, its problems', async () => {
      const { paths } = await document()
      const successTypes = ['application/json', 'text/event-stream', 'text/csv']
      for (const [path, methods] of Object.entries(paths)) {
        for (const { summary, parameters = [], responses } of Object.values(methods)) {
          expect(summary, path).toMatch(/\w/)
          const named = parameters.filter((one) => one.in === 'path').map(({ name }) => name)
          expect(named, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
          for (const [status, { description, content }] of Object.entries(responses)) {
            const types = status.startsWith('2') ? successTypes : ['application/problem+json']
            const schemas = types.flatMap((type) => content?.[type]?.schema ?? [])
            if (status !== '204') expect(schemas, `${path} ${status}`).toHaveLength(1)
            expect(description).toMatch(/\w/)
          }
        }
      }
    })

    it('describes a body wherever one is taken, and what may be wrong with it', async () => {
      const { paths } = await document()
      // These say all with their path.
      const bodiless = (path: string, method: string) =>
        ['get', 'delete'].includes(method) ||
        /\/(retry|pause|resume|cancel|approve|reject|setup|alerts\/test)$/.test(path)
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, { requestBody, responses }] of Object.entries(methods)) {
          expect(requestBody !== undefined, `${method} ${path}`).toBe(!bodiless(path, method))
          if (requestBody) expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '422']))
        }
      }
    })
  })

  describe('/docs', () => {
    it('is a page whose every file comes from us', async () => {
      const page = await (await world.app.request('/docs')).text()
      const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '')
      expect(files.length).toBeGreaterThanOrEqual(3)
      for (const file of files) {
        expect(file).toMatch(/^\/docs\//)
        const response = await world.app.request(file)
        expect(response.status, file).toBe(200)
        expect(response.headers.get('content-type')).toMatch(/^text\/(css|javascript)/)
        expect((await response.text()).length).toBeGreaterThan(50)
      }
    })

    it('names no other host, and its policy would not let it ask one', async () => {
      const response = await world.app.request('/docs')
      const start = await (await world.app.request('/docs/start.js')).text()
      expect((await response.text()) + start).not.toMatch(/\w+:\/\/|"\/\//)
      expect(start).toContain('/openapi.json')
      const policy = response.headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/https?:|\*/)
    })

    it('serves nothing else of that folder', async () => {
      for (const file of ['package.json', 'index.html', '..%2Fpackage.json', 'swagger-ui.css.map'])
        expect((await world.app.request(`/docs/${file}`)).status).toBe(404)
    })
  })
})

describe('openApiDocument', () => {
  it('is what /openapi.json answers, without a store', async () => {
    expect(JSON.parse(JSON.stringify(openApiDocument()))).toEqual(await document())
  })
})
