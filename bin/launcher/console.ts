/** The console is built beside the start, in a process of its own, and only where its sources have changed. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Resolves to a sentence where it could not be built: everything else works without it. */
export async function prepareConsole(signal: AbortSignal): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, ['--import', 'tsx/esm', 'bin/build-console.ts'], {
      signal,
      timeout: 180_000,
    })
    return undefined
  } catch (error) {
    if (signal.aborted) return undefined
    const { stderr, message } = error as Error & { stderr?: string }
    const lines = (stderr ?? message).trim().split('\n').slice(0, 12)
    return ['The console could not be built; everything else works:', ...lines].join('\n  ')
  }
}
