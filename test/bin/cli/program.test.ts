// What a command line means before anybody is asked: help, usage, exit codes.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../bin/cli/commands.ts'
import { exitCodes } from '../../../bin/cli/exit-codes.ts'
import { run } from './world.ts'

const nowhere = { CAUSEWAY_URL: 'http://127.0.0.1:2', CAUSEWAY_API_KEY: 'k' }

describe('runCli', () => {
  it('shows all commands, and the exit codes', async () => {
    const { out, exitCode } = await run(['--help'])
    expect(exitCode).toBe(0)
    for (const { name, says } of commands)
      expect(out).toMatch(new RegExp(`^  ${name} .*${says.slice(0, 20)}`, 'm'))
    expect(out).toContain('130 Ctrl-C')
  })
  it.each(commands.map(({ name }) => name))('has help with examples for %s', async (name) => {
    const { out, exitCode } = await run([name, '--help'])
    expect(exitCode).toBe(0)
    expect(out).toContain(`Usage: causeway ${name}`)
  })
  it.each([
    ['replay', 'start'],
    ['redrive', 'start'],
    ['export', 'start'],
    ['audiences', 'load'],
    ['connections', 'create'],
    ['connections', 'setup'],
    ['connections', 'set-key'],
    ['messages', 'search'],
    ['tail'],
    ['test'],
    ['keys'],
    ['doctor'],
  ])('has examples in the help of %s %s', async (...args) => {
    expect((await run([...args, '--help'])).out).toMatch(/Examples:\n {2}\$ .*npx causeway /)
  })
  it.each([
    [['nonsense']],
    [['replay']],
    [['replay', 'nonsense']],
    [['replay', 'start']],
    [['replay', 'start', '--from', 'yesterday']],
    [['replay', 'start', '--from', '1d', '--rate', '0']],
    [['replay', 'start', '--from', '1d', '--type', 'trak']],
    [['replay', 'rate', 'rpl_1', 'fast']],
    [['replay', 'watch']],
    [['redrive', 'start', '--outcome', 'delivered']],
    [['messages', '--outcome', 'lost']],
    [['messages', '--limit', '501']],
    [['tail', '--nonsense']],
    [['test', 'there-is-no-such-file.json']],
    [['connections', 'set-key', 'statsig.password']],
    [['--url', 'bridge', 'doctor']],
    [[]],
  ])('ends with 2 and asks nobody for %j', async (args) => {
    const { exitCode, out, err } = await run(args, { env: nowhere })
    expect({ exitCode, out }).toEqual({ exitCode: exitCodes.usage, out: '' })
    expect(err).not.toBe('')
  })
  it('complains in JSON, on stderr, where JSON is wanted', async () => {
    const { exitCode, out, err } = await run(['replay', 'start', '--json'], { env: nowhere })
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(JSON.parse(err)).toMatchObject({
      exitCode: 2,
      error: { code: 'usage', title: expect.stringContaining('--from') as string },
    })
  })
  it('escapes what it repeats of an argument', async () => {
    expect((await run(['\u001b[31mred'], { env: nowhere })).err).toContain('\\u001b[31mred')
  })
  it('ends with 3 where the API does not answer, and says what to do', async () => {
    const { exitCode, err } = await run(['messages'], { env: nowhere })
    expect(exitCode).toBe(exitCodes.unreachable)
    expect(err).toContain('Nothing listens there.')
    expect(err).toContain('npm start')
  })
  it('ends with 2 where there is no key', async () => {
    const { exitCode, err } = await run(['messages'], { env: { CAUSEWAY_URL: 'https://bridge.test' } })
    expect(exitCode).toBe(2)
    expect(err).toContain('not sent to another one')
  })
  it('has the exit codes that docs/cli.md lists', () => {
    const page = readFileSync('docs/cli.md', 'utf8')
    const listed = [...page.matchAll(/^\| `(\d+)` +\|/gm)].map(([, code]) => Number(code))
    expect(listed).toEqual(Object.values(exitCodes))
  })
  it('names every command in docs/cli.md', () => {
    const page = readFileSync('docs/cli.md', 'utf8')
    for (const { name } of commands) expect(page).toContain(`npx causeway ${name}`)
  })
})
