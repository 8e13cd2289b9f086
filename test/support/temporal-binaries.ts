// Before all tests: both Temporal executables are there, fetched once into the cache. Tests get the paths by `inject`.
import type { TestProject } from 'vitest/node'
import { readConfig } from '../../bin/load-config.ts'
import { temporalBinary } from '../../bin/temporal-binary.ts'

declare module 'vitest' {
  interface ProvidedContext {
    temporalCli: string
    temporalTestServer: string
  }
}

/** Called by vitest once, outside the test processes. */
export async function setup(project: TestProject): Promise<void> {
  const { cacheDir } = readConfig()
  const onStep = (text: string): void => console.log(text)
  project.provide('temporalCli', await temporalBinary('cli', { cacheDir, onStep }))
  project.provide('temporalTestServer', await temporalBinary('test-server', { cacheDir, onStep }))
}
