/** The SDK's own download, in a child process: it has no timeout of its own, so a hanging one must be killed. */
import { mkdir, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { watchedRun } from './watched-run.ts'
import type { Source } from './sources.ts'

const { version: sdkVersion } = createRequire(import.meta.url)('@temporalio/testing/package.json') as {
  version: string
}

/** Where `tsx` is found. */
const root = fileURLToPath(new URL('../..', import.meta.url))

/** Lets the SDK download the version that it was made for. */
export function sdkSource(stallMs = 8_000): Source {
  return {
    says: () => `download of the Temporal SDK ${sdkVersion}`,
    version: () => `sdk-${sdkVersion}`,
    async fetch(kind, folder, signal) {
      const downloads = join(folder, 'sdk')
      await mkdir(downloads)
      const program = fileURLToPath(new URL('./sdk-download.ts', import.meta.url))
      const args = ['--import', 'tsx/esm', program, kind, downloads]
      const run = watchedRun({
        command: process.execPath,
        args,
        cwd: root,
        folder: downloads,
        stallMs,
        signal,
      })
      const failure = await run.then(
        () => new Error('it left no file'),
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      )
      signal?.throwIfAborted()
      // The file gets its name when it is complete; that the server then failed to start would be another matter.
      const complete = (await readdir(downloads)).find((name) => !name.endsWith('.downloading'))
      if (complete === undefined) throw failure
      return join(downloads, complete)
    },
  }
}
