// The walls between the rooms hold: small bad files are linted where they would stand, and each must be refused.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const rooms = ['core', 'api', 'workflows', 'activities', 'clients', 'db', 'sandbox', 'bin']

// The files are not on disk, so rules that need types cannot run; the walls need none.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
    { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
  ],
})

/** What lint says of a file in a room, as `rule: message`. */
async function lint(room: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, room, 'not-on-disk.ts') })
  return (result?.messages ?? []).map(({ ruleId, message }) => `${String(ruleId)}: ${message}`)
}

const use = (specifier: string) => `import * as x from '${specifier}'\nexport const y = x\n`
const useType = (specifier: string) => `import type * as x from '${specifier}'\nexport type Y = typeof x\n`

const path = 'import-x/no-restricted-paths'
const imports = 'no-restricted-imports'
const syntax = 'no-restricted-syntax'
const globals = 'no-restricted-globals'

const refused: [room: string, code: string, rule: string, says: RegExp][] = [
  ['core', use('../db/store.ts'), path, /core\/ may import only core\./],
  ['core', use('../api/app.ts'), path, /core\/ may import only core\./],
  ['core', use('../bin/clock.ts'), path, /core\/ may import only core\./],
  ['core', use('node:fs'), imports, /core\/ is pure/],
  ['core', use('hono'), imports, /core\/ is pure/],
  ['core', use('zodiac'), imports, /core\/ is pure/],
  ['core', 'export const x = Date.now()\n', syntax, /clock/],
  ['core', 'export const x = new Date()\n', syntax, /clock/],
  ['core', 'export const x = Math.random()\n', syntax, /Randomness/],
  ['core', 'export const x = process.env.HOME\n', globals, /process/],
  ['core', `export const x = fetch('http://x')\n`, globals, /fetch/],
  ['core', 'setTimeout(() => undefined, 1)\n', globals, /setTimeout/],
  ['core', `export const x = Buffer.from('x')\n`, globals, /Buffer/],
  ['clients', use('../db/store.ts'), path, /clients\/ may import only clients, core\./],
  ['clients', 'export const x = Date.now()\n', syntax, /clock/],
  ['db', use('../clients/statsig-events.ts'), path, /db\/ may import only db, core\./],
  ['db', use('../api/app.ts'), path, /db\/ may import only db, core\./],
  ['db', 'export const x = Math.random()\n', syntax, /Randomness/],
  ['activities', use('../db/store.ts'), path, /activities\/ may import only/],
  ['activities', use('../clients/statsig-events.ts'), path, /activities\/ may import only/],
  ['activities', use('hono'), imports, /the rest is injected/],
  ['activities', 'export const x = new Date()\n', syntax, /clock/],
  ['workflows', use('../db/store.ts'), path, /workflows\/ may import only/],
  ['workflows', use('../clients/temporal-lanes.ts'), path, /workflows\/ may import only/],
  ['workflows', use('../activities/drain.ts'), imports, /only types of activities/],
  ['workflows', use('node:crypto'), imports, /only @temporalio\/workflow/],
  ['workflows', use('zod'), imports, /only @temporalio\/workflow/],
  ['api', use('../db/store.ts'), path, /api\/ may import only/],
  ['api', use('../clients/temporal-lanes.ts'), path, /api\/ may import only/],
  ['api', use('../activities/drain.ts'), path, /api\/ may import only/],
  ['api', use('../workflows/drain-lane.ts'), imports, /only types of workflows/],
  ['api', 'export const x = Date.now()\n', syntax, /clock/],
  ['bin/cli', use('../../db/store.ts'), path, /REST alone/],
  ['bin/cli', use('../../api/jobs.ts'), path, /REST alone/],
  ['bin/cli', use('../../console/api/client.ts'), path, /REST alone/],
  ['sandbox', use('../db/store.ts'), path, /sandbox\/ may import only/],
  ['sandbox', use('../api/app.ts'), path, /sandbox\/ may import only/],
  ...['api', 'workflows', 'activities', 'clients', 'db', 'sandbox'].map(
    (room): [string, string, string, RegExp] => [
      ...([room, 'export const x = process.env.HOME\n', syntax, /Environment enters by bin/] as const),
    ],
  ),
  ...rooms.map((room): [string, string, string, RegExp] => [
    ...([room, 'export default 1\n', 'import-x/no-default-export', /named exports/] as const),
  ]),
]

const allowed: [room: string, code: string][] = [
  ['core', use('./lanes.ts')],
  ['core', use('zod')],
  ['core', `export const x = new Date('2020-01-01')\n`],
  ['clients', use('../core/ports.ts')],
  ['db', use('drizzle-orm')],
  ['activities', use('@temporalio/activity')],
  ['workflows', useType('../activities/drain.ts')],
  ['workflows', use('@temporalio/workflow')],
  ['workflows', use('../core/ids.ts')],
  ['api', useType('../workflows/drain-lane.ts')],
  ['api', use('hono')],
  ['sandbox', use('../core/statsig.ts')],
  ['bin', use('../db/store.ts')],
  ['bin/cli', use('../../core/secret.ts')],
  ['bin/cli', useType('../../console/api/schema.d.ts')],
  ['bin', 'export const x = [process.env.HOME, Date.now(), Math.random()]\n'],
]

describe('eslint.config.js', () => {
  it.each(refused)('refuses in %s/: %j', async (room, code, rule, says) => {
    const found = await lint(room, code)
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${rule}: .*${says.source}`)))
  })

  it.each(allowed)('allows in %s/: %j', async (room, code) => {
    expect(await lint(room, code)).toEqual([])
  })

  it('refuses a file of more than 300 lines and a function of more than 60', async () => {
    const lines = (count: number) => 'x += 1\n'.repeat(count)
    expect(await lint('db', `export let x = 0\n${lines(299)}`)).toEqual([])
    const [tooLong] = await lint('db', `export let x = 0\n${lines(300)}`)
    expect(tooLong).toMatch(/^max-lines: /)
    const [tooBig] = await lint('db', `export function f(x: number): void {\n${lines(60)}}\n`)
    expect(tooBig).toMatch(/^max-lines-per-function: /)
  })
})

/** Every source file of a room. */
const filesOf = (room: string): string[] =>
  readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
const files = rooms.flatMap(filesOf)
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

describe('the rooms', () => {
  it('hold files to look at', () => {
    for (const room of rooms) expect(filesOf(room).length, room).toBeGreaterThan(0)
  })

  it('read the environment in bin/ only', () => {
    const readers = files.filter((file) => /process\s*\.\s*env|process\[.env/.test(textOf(file)))
    expect(readers.filter((file) => !file.startsWith('bin/'))).toEqual([])
    expect(readers.length).toBeGreaterThan(0)
  })

  it('have no file of more than 300 lines', () => {
    const long = files.filter((file) => textOf(file).split('\n').length - 1 > 300)
    expect(long).toEqual([])
  })

  it('have no drawer for what has no name', () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|commons?|misc|lib)(\.ts|\/)/.test(file))).toEqual(
      [],
    )
  })

  it('have no file that switches a wall off', () => {
    const walls = [path, imports, syntax, globals, 'max-lines', '@typescript-eslint/no-explicit-any']
    const open = files.filter((file) =>
      [...textOf(file).matchAll(/eslint-disable[^\n]*/g)].some(
        ([comment]) =>
          walls.some((rule) => comment.includes(rule)) || /eslint-disable(-\S+)?\s*(\*\/)?$/.test(comment),
      ),
    )
    expect(open).toEqual([])
  })
})
