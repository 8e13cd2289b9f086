import { defineConfig } from 'vitest/config'

/**
 * Rooms whose tests start no process and change nothing of their own: the files of one worker share what they import,
 * which is most of the time that they take. Whatever starts processes, threads or Temporal has a process a file.
 */
const shared = ['test/core/**/*.test.ts', 'test/api/**/*.test.ts', 'test/sandbox/**/*.test.ts']
const apart = [
  'test/sandbox/process.test.ts',
  'test/sandbox/**/sdk*.test.ts',
  'test/api/store-faults.test.ts',
]

const common = {
  setupFiles: ['test/support/no-network.ts'],
  testTimeout: 30_000,
  hookTimeout: 120_000,
  // Two cores: two forks keep real servers and real disks from starving each other.
  pool: 'forks' as const,
  maxWorkers: 2,
}

export default defineConfig({
  test: {
    ...common,
    // In the order of their names: the long ones first, and the short ones fill up the end.
    projects: [
      {
        test: {
          ...common,
          name: 'processes',
          include: ['test/*.test.ts', 'test/!(core|api|sandbox)/**/*.test.ts', ...apart],
          globalSetup: ['test/support/temporal-binaries.ts'],
        },
      },
      { test: { ...common, name: 'rooms', include: shared, exclude: apart, isolate: false } },
    ],
  },
})
