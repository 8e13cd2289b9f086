import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Child } from '../../../bin/launcher/child.ts'
import type { ChildSpec, Patience } from '../../../bin/launcher/child.ts'
import { diary, eventually, isAlive, nodeChild, obedient, quick, temporaryFolder } from './fake-programs.ts'

interface Watched {
  child: Child
  deaths: { how: string; againInMs: number }[]
  givenUp: string[]
}

function watched(spec: ChildSpec, patience: Patience = quick): Watched {
  const deaths: Watched['deaths'] = []
  const givenUp: string[] = []
  const reports = {
    onDeath: (_: Child, how: string, againInMs: number) => void deaths.push({ how, againInMs }),
    onGivenUp: (_: Child, how: string) => void givenUp.push(how),
  }
  const child = new Child(spec, reports, patience)
  onTestFinished(() => child.kill())
  child.start()
  return { child, deaths, givenUp }
}

const sleeper = (folder: string): ChildSpec => ({
  name: 'sleeper',
  kind: 'foreign',
  command: 'sleep',
  args: ['300'],
  logPath: join(folder, 'sleeper.log'),
})

describe('Child', () => {
  it('is started again when it is killed', async () => {
    const { child, deaths } = watched(obedient(await temporaryFolder(), 'api'))
    await child.becameReady
    const first = child.pid ?? 0
    process.kill(first, 'SIGKILL')
    await eventually('another process', () => child.pid !== first && child.pid)
    expect(deaths).toEqual([
      { how: expect.stringMatching(/^SIGKILL after \d+\.\d s$/) as string, againInMs: 20 },
    ])
    await child.stop()
  })

  it('is given up when it ends several times in a row without becoming ready, after longer and longer waits', async () => {
    const folder = await temporaryFolder()
    const { deaths, givenUp } = watched(nodeChild(folder, 'worker', "note('born'); process.exit(3)"))
    await eventually('giving up', () => givenUp.length > 0)
    expect(deaths.map(({ againInMs }) => againInMs)).toEqual([20, 40, 80])
    expect(givenUp).toEqual([expect.stringMatching(/^4 times in a row, at last by exit code 3 after /)])
    expect(await diary(folder)).toHaveLength(4)
  })

  it('is not given up as long as it becomes ready each time', async () => {
    const folder = await temporaryFolder()
    const code = "process.send('ready', () => process.exit(1))"
    const { child, deaths, givenUp } = watched(nodeChild(folder, 'worker', code))
    await eventually('more deaths than are allowed in a row', () => deaths.length > quick.deathsInARow + 2)
    expect(givenUp).toEqual([])
    expect(deaths.at(-1)?.againInMs).toBe(quick.longestDelayMs)
    await child.stop()
  })

  it('begins the back-off anew once it has lived long enough', async () => {
    const code = 'setTimeout(() => process.exit(1), 300)'
    const patience = { ...quick, steadyAfterMs: 100 }
    const { child, deaths } = watched(nodeChild(await temporaryFolder(), 'worker', code), patience)
    await eventually('three deaths', () => deaths.length >= 3)
    expect(deaths.map(({ againInMs }) => againInMs)).toEqual([20, 20, 20])
    await child.stop()
  })

  it('is ready when its probe says so', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'serves')
    const { child } = watched({
      ...sleeper(folder),
      probe: () => readFile(file).then(() => true),
    })
    let ready = false
    void child.becameReady.then(() => (ready = true))
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(ready).toBe(false)
    await writeFile(file, '')
    await child.becameReady
    await child.stop()
  })

  it('ends by SIGTERM and stays ended when it is stopped', async () => {
    const folder = await temporaryFolder()
    const { child, deaths } = watched(obedient(folder, 'api'))
    await child.becameReady
    await child.stop()
    expect(isAlive(child.pid ?? 0)).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await diary(folder)).toEqual(['api stops'])
    expect(deaths).toEqual([])
  })

  it('is killed when it does not end in time', async () => {
    const code = "process.on('SIGTERM', () => {}); process.send('ready'); setInterval(() => {}, 1000)"
    const spec = nodeChild(await temporaryFolder(), 'api', code)
    const { child } = watched(spec, { ...quick, stopMs: 200 })
    await child.becameReady
    const startedAt = performance.now()
    await child.stop()
    expect(isAlive(child.pid ?? 0)).toBe(false)
    expect(performance.now() - startedAt).toBeGreaterThan(190)
  })

  it('stays in our process group, deaf to Ctrl-C, with its own command line, when it is a foreign program', async () => {
    const { child } = watched(sleeper(await temporaryFolder()))
    const pid = child.pid ?? 0
    const commandLine = async () =>
      (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
    await eventually('the exec', async () => (await commandLine()) === 'sleep 300')
    const group = async (of: number) => (await readFile(`/proc/${of}/stat`, 'utf8')).split(' ')[4]
    expect(await group(pid)).toBe(await group(process.pid))
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGHUP')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(isAlive(pid)).toBe(true)
    await child.stop()
    expect(isAlive(pid)).toBe(false)
  })

  it('is started again at once and in silence while others are being stopped, when it is a foreign program', async () => {
    const { child, deaths } = watched(sleeper(await temporaryFolder()), { ...quick, firstDelayMs: 60_000 })
    const first = child.pid ?? 0
    child.holdOut()
    process.kill(first, 'SIGTERM')
    await eventually('another process', () => child.pid !== first && isAlive(child.pid ?? 0))
    expect(deaths).toEqual([])
    await child.stop()
    expect(isAlive(child.pid ?? 0)).toBe(false)
  })

  it('is let go while others are being stopped, when it is one of ours', async () => {
    const folder = await temporaryFolder()
    const { child, deaths } = watched(obedient(folder, 'worker'))
    await child.becameReady
    const first = child.pid
    child.holdOut()
    process.kill(first ?? 0, 'SIGTERM')
    await eventually('its end', async () => (await diary(folder)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect({ pid: child.pid, deaths }).toEqual({ pid: first, deaths: [] })
  })

  describe('in an environment with secrets', () => {
    const secrets = ['CAUSEWAY_API_KEY', 'CAUSEWAY_SECRET_KEY', 'SEGMENT_OAUTH_CLIENT_SECRET']
    const setSecrets = () => {
      for (const name of [...secrets, 'SEGMENT_OAUTH_CLIENT_ID']) vi.stubEnv(name, `value of ${name}`)
      onTestFinished(() => void vi.unstubAllEnvs())
    }

    it('gets none of them when it is a foreign program, and all the rest', async () => {
      setSecrets()
      const spec = { ...sleeper(await temporaryFolder()), env: { OWN: 'x' } }
      const { child } = watched({ ...spec, command: 'sh', args: ['-c', 'env; exec sleep 300'] })
      const printed = await eventually('its environment', async () => {
        const text = await readFile(spec.logPath, 'utf8')
        return text.includes('OWN=x') && text.includes('PATH=') && text
      })
      expect(printed).toContain('SEGMENT_OAUTH_CLIENT_ID=value of')
      for (const name of secrets) expect(printed).not.toContain(`value of ${name}`)
      await child.stop()
    })

    it('gets them when it is one of ours', async () => {
      setSecrets()
      const folder = await temporaryFolder()
      const code = `for (const name of ${JSON.stringify(secrets)}) note(process.env[name]); setInterval(() => {}, 1000)`
      const { child } = watched(nodeChild(folder, 'api', code))
      await eventually('three lines', async () => (await diary(folder)).length === secrets.length)
      expect(await diary(folder)).toEqual(secrets.map((name) => `value of ${name}`))
      await child.stop()
    })
  })

  it('keeps what it prints in its log, across restarts', async () => {
    const folder = await temporaryFolder()
    const spec = nodeChild(folder, 'worker', "console.log('out'); console.error('err'); process.exit(1)")
    const { givenUp } = watched(spec, { ...quick, deathsInARow: 2 })
    await eventually('giving up', () => givenUp.length > 0)
    expect(await readFile(spec.logPath, 'utf8')).toBe('out\nerr\nout\nerr\n')
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)('does not outlive its launcher, ended by %s', async (signal) => {
    const folder = await temporaryFolder()
    const launcher = spawn(
      process.execPath,
      ['--import', 'tsx/esm', 'test/bin/launcher/lonely-launcher.ts', folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    onTestFinished(() => void launcher.kill('SIGKILL'))
    let said = ''
    launcher.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await eventually('two children', () => said.includes('ready'))
    const pids = said.split(/\s/).filter(Boolean).slice(1).map(Number)
    expect(pids.map(isAlive)).toEqual([true, true])
    launcher.kill(signal)
    await eventually('their end', () => pids.every((pid) => !isAlive(pid)))
    expect(await diary(folder)).toEqual(['stopped: the launcher is gone'])
  })
})
