// The command line as a person runs it: the real binary, against the whole product.
import { spawn, type ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway, waitFor, type Causeway } from './causeway.ts'

interface Ran {
  exitCode: number | null
  out: string
  err: string
}

/** Linked there by npm: what `npx causeway` runs. */
const binary = 'node_modules/.bin/causeway'
let causeway: Causeway

beforeAll(async () => {
  causeway = await startCauseway()
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

/** Runs the file that `npx causeway` runs, by its own first line; key and port come from the data folder and PORT. */
function begin(args: string[], stdin = '', env: Record<string, string> = {}) {
  const { dataDir, url } = causeway
  const rest = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CAUSEWAY_')),
  )
  const child: ChildProcess = spawn(binary, args, {
    env: { ...rest, DATA_DIR: dataDir, PORT: new URL(url).port, ...env },
  })
  const ran: Ran = { exitCode: null, out: '', err: '' }
  child.stdout?.on('data', (chunk: Buffer) => (ran.out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (ran.err += chunk.toString()))
  child.stdin?.end(stdin)
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (exitCode) => resolve({ ...ran, exitCode })),
  )
  return { child, ran, ended }
}
const cli = (args: string[], stdin?: string, env?: Record<string, string>) => begin(args, stdin, env).ended
const post = (path: string, body: object) =>
  fetch(`${causeway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('demo:')}` },
    body: JSON.stringify(body),
  })
const track = (event: string) => ({ type: 'track', userId: 'ada', event })

describe('npx causeway', () => {
  it('finds nothing wrong with a product that was just started', async () => {
    const { exitCode, out } = await cli(['doctor', '--json'])
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { name: string; status: string }[] }
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([])
    expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 })
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['disk', 'temporal', 'bulk-worker', 'console', 'key', 'web ui']),
    )
  }, 30_000)

  it('sends a test message to the vendor', async () => {
    const message = '{"type":"track","event":"Tried By Hand","userId":"ada"}'
    const { exitCode, out } = await cli(['test', '--send', '--json'], message)
    expect(JSON.parse(out)).toMatchObject({ outcome: 'mapped', sent: { result: 'accepted', status: 202 } })
    expect(exitCode).toBe(0)
    const events = await causeway.sandbox<{ eventName: string }[]>('GET', '/statsig/events')
    expect(events.map(({ eventName }) => eventName)).toContain('segment::Tried By Hand')
  }, 30_000)

  it('tails what happens, and shows it among the messages', async () => {
    const tail = begin(['tail', '--json', '--count', '1', '--event', 'Seen Live'])
    await waitFor(() => tail.ran.err.includes('Following'), 20_000)
    // The note comes before the stream is open: what is too early is sent again under another name.
    for (let n = 0; tail.ran.out === '' && n < 40; n++) {
      await post('/v1/track', { ...track('Seen Live'), messageId: `live-${n}` })
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    const { exitCode, out } = await tail.ended
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ event: 'Seen Live', outcome: 'delivered', userId: 'ada' })
    const found = await cli(['messages', '--event', 'Seen Live', '--json'])
    const { data } = JSON.parse(found.out) as { data: { id: string }[] }
    expect(data.length).toBeGreaterThan(0)
    expect((await cli(['messages', 'show', data[0]?.id ?? ''])).out).toContain(
      '"eventName": "segment::Seen Live"',
    )
  }, 60_000)

  it('plans a replay, runs one to its end and says by its exit code that something was refused', async () => {
    const planned = await cli(['replay', 'start', '--from', '1d', '--dry-run'])
    expect(planned.exitCode).toBe(0)
    expect(planned.out).toMatch(/^messages found +\d+$/m)
    const well = await cli(['replay', 'start', '--from', '1d', '--watch', '--json'])
    const states = well.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; status: string; counts: { rejected: number } })
    expect(states.at(-1)).toMatchObject({ status: 'completed', counts: { delivered: 0, rejected: 0 } })
    expect(well.exitCode).toBe(0)

    await post('/v1/track', { event: 'Nobody', messageId: 'no-id' })
    const refused = () => cli(['messages', '--outcome', 'rejected', '--json'])
    await waitFor(async () => (await refused()).out.includes('no_id'), 30_000)
    const ended = await cli(['replay', 'start', '--from', '1d', '--watch'])
    expect(ended.out).toMatch(/is completed: .*1 rejected\./)
    expect(ended.exitCode).toBe(4)
    const [, id = ''] = /replay (rpl_\S+) is completed/.exec(ended.out) ?? []
    expect((await cli(['replay', 'report', id])).out).toMatch(/^message,\d+,rejected,no_id,/m)
  }, 120_000)

  it('leaves a replay running at Ctrl-C, and ends well when its reader goes', async () => {
    const batch = Array.from({ length: 300 }, (_, n) => ({ ...track('Slow'), messageId: `slow-${n}` }))
    await post('/v1/batch', { batch })
    const slow = await cli(['replay', 'start', '--from', '1d', '--force', '--yes', '--rate', '1', '--json'])
    const { id } = JSON.parse(slow.out) as { id: string }
    await cli(['replay', 'pause', id])
    const watched = begin(['replay', 'watch', id])
    await waitFor(() => watched.ran.err.includes('paused'), 20_000)
    watched.child.kill('SIGINT')
    const { exitCode, err } = await watched.ended
    expect(exitCode).toBe(130)
    expect(err).toContain(`replay ${id} goes on`)
    expect((await cli(['replay', 'cancel', id])).exitCode).toBe(0)
    await waitFor(async () => (await cli(['replay', 'show', id])).exitCode === 4, 30_000)

    const piped = begin(['messages', '--all', '--json'])
    piped.child.stdout?.destroy()
    expect((await piped.ended).exitCode).toBe(0)
  }, 90_000)

  it('says what is wrong while Temporal is down, and when nothing answers at all', async () => {
    const pid = causeway.pidOf('start-dev') ?? 0
    expect(pid).toBeGreaterThan(0)
    process.kill(pid, 'SIGSTOP')
    try {
      const { exitCode, out } = await cli(['doctor', '--json'])
      const { checks } = JSON.parse(out) as { checks: { name: string; status: string; todo?: string }[] }
      expect(checks.find(({ name }) => name === 'temporal')).toMatchObject({
        status: 'fail',
        todo: expect.any(String) as string,
      })
      expect(exitCode).toBe(1)
    } finally {
      process.kill(pid, 'SIGCONT')
    }

    const nowhere = { CAUSEWAY_URL: 'http://127.0.0.1:2' }
    expect((await cli(['messages'], '', nowhere)).exitCode).toBe(3)
    expect((await cli(['doctor'], '', nowhere)).exitCode).toBe(1)
    expect((await cli(['replay', 'start'])).exitCode).toBe(2)
  }, 60_000)
})
