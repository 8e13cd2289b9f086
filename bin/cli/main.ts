// `npx causeway`: the process that runs a command line. What it can do is listed in commands.ts.
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Output } from './io.ts'
import { runCli } from './program.ts'

/** A pipe whose reader has gone tells so by an event too; what was being written then fails by itself. */
function outputOf(stream: NodeJS.WriteStream): Output {
  stream.on('error', () => undefined)
  return {
    stream,
    isTty: stream.isTTY,
    columns: () => (stream.isTTY && stream.columns > 0 ? stream.columns : undefined),
  }
}

const interruption = new AbortController()
process.on('SIGINT', () => {
  if (interruption.signal.aborted) process.exit(130)
  interruption.abort()
})

if (existsSync('.env')) process.loadEnvFile('.env')
process.exitCode = await runCli(process.argv.slice(2), {
  ...{ env: process.env, cwd: process.cwd(), stdin: process.stdin },
  ...{ out: outputOf(process.stdout), err: outputOf(process.stderr) },
  ...{ nowMs: Date.now, uuid: randomUUID, interrupted: interruption.signal },
})
// What still waits, such as a question or a connection that is kept alive, must not hold the process.
process.stdin.destroy()
setTimeout(() => process.exit(), 1_000).unref()
