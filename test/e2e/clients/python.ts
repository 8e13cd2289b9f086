// PyPI `segment-analytics-python`, in a process of its own.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, runProgram, versionOf, type Client } from './client.ts'

const folder = join(import.meta.dirname, 'python')

export function pythonClient(): Client {
  let packages = ''
  return {
    name: 'segment-analytics-python 2.4.0',
    async prepare() {
      const version = await versionOf('python3', ['-m', 'pip', '--version'])
      if (version === undefined) return 'python3 with pip is not on PATH'
      const requirements = join(folder, 'requirements.txt')
      packages = await cached('python', [version, await readFile(requirements, 'utf8')], async (target) => {
        const args = ['--quiet', '--disable-pip-version-check', '--target', target, '-r', requirements]
        await runProgram('python3', ['-m', 'pip', 'install', ...args])
      })
      return undefined
    },
    async run(job) {
      const env = { PYTHONPATH: packages }
      await runProgram('python3', [join(folder, 'send.py'), JSON.stringify(job)], { env })
    },
  }
}
