// bin/sandbox as a process of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

async function portHeld() {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  return { holder, port: (holder.address() as AddressInfo).port }
}

const children: ChildProcess[] = []

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'bin/sandbox.ts'], {
    env: { ...process.env, ...env },
  })
  children.push(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => (said.out += String(text)))
  child.stderr.on('data', (text) => (said.err += String(text)))
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return { child, said, ended }
}

afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')))

describe('bin/sandbox', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints one line when it listens, and ends cleanly on %s',
    async (signal) => {
      const { holder, port } = await portHeld()
      await once(holder.close(), 'close')
      const { child, said, ended } = start({ HOST: '127.0.0.1', SANDBOX_PORT: String(port) })
      await expect.poll(() => said.out, { timeout: 20_000 }).toMatch(/\n$/)
      const origin = /^sandbox: .* on (http:\/\/127\.0\.0\.1:\d+) .*\n$/.exec(said.out)?.[1]
      expect((await fetch(`${origin}/healthz`)).status).toBe(200)
      child.kill(signal)
      expect(await ended).toEqual([0, null])
      expect(said.err).toBe('')
    },
  )

  it('says what to do when the port is taken', async () => {
    const { holder, port } = await portHeld()
    const { said, ended } = start({ HOST: '127.0.0.1', SANDBOX_PORT: String(port) })
    expect(await ended).toEqual([1, null])
    holder.close()
    expect(said.err).toBe(
      `sandbox: port ${port} is taken. Stop the program that holds it, or set SANDBOX_PORT to a free port.\n`,
    )
    expect(said.out).toBe('')
  })

  it('says which variable is wrong when the port is not a number', async () => {
    const { said, ended } = start({ SANDBOX_PORT: 'http' })
    expect(await ended).toEqual([1, null])
    expect(said.err).toMatch(/SANDBOX_PORT must be a whole number/)
  })
})
