// `github.com/segmentio/analytics-go/v3`, built once and run in a process of its own.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, runProgram, versionOf, type Client } from './client.ts'

const folder = join(import.meta.dirname, 'go')

export function goClient(): Client {
  let program = ''
  return {
    name: 'analytics-go v3.3.0',
    async prepare() {
      const version = await versionOf('go', ['version'])
      if (version === undefined) return 'go is not on PATH'
      const sources = await Promise.all(
        ['main.go', 'go.mod'].map((name) => readFile(join(folder, name), 'utf8')),
      )
      const built = await cached('go', [version, ...sources], async (target) => {
        const args = ['build', '-trimpath', '-o', join(target, 'send'), '.']
        await runProgram('go', args, { cwd: folder, env: { CGO_ENABLED: '0' } })
      })
      program = join(built, 'send')
      return undefined
    },
    async run(job) {
      await runProgram(program, [JSON.stringify(job)])
    },
  }
}
