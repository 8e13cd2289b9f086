import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { diary, isAlive, temporaryFolder } from './launcher/fake-programs.ts'

async function program(folder: string, stdio: StdioOptions): Promise<ChildProcess> {
  const args = ['--import', 'tsx/esm', 'test/bin/launcher/living-program.ts', join(folder, 'diary')]
  const child = spawn(process.execPath, args, { stdio })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.stdout) await once(child.stdout, 'data')
  return child
}

describe('onProcessEnd', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops a process started by hand at %s, with exit code 0',
    async (signal) => {
      const folder = await temporaryFolder()
      const child = await program(folder, ['ignore', 'pipe', 'inherit'])
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([0, null])
      expect(await diary(folder)).toEqual([`stopped: ${signal}`])
    },
  )

  it('leaves Ctrl-C to the launcher and obeys its SIGTERM', async () => {
    const folder = await temporaryFolder()
    const child = await program(folder, ['ignore', 'pipe', 'inherit', 'ipc'])
    child.kill('SIGINT')
    child.kill('SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(isAlive(child.pid ?? 0)).toBe(true)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await diary(folder)).toEqual(['stopped: SIGTERM'])
  })

  it('tells the launcher when it is ready', async () => {
    const child = await program(await temporaryFolder(), ['ignore', 'ignore', 'inherit', 'ipc'])
    expect((await once(child, 'message'))[0]).toBe('ready')
  })

  it('stops when the channel to the launcher closes', async () => {
    const folder = await temporaryFolder()
    const child = await program(folder, ['ignore', 'pipe', 'inherit', 'ipc'])
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await diary(folder)).toEqual(['stopped: the launcher is gone'])
  })
})
