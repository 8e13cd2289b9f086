import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/no-network.ts'],
    globalSetup: ['test/support/temporal-binaries.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Two cores: two forks keep real servers and real disks from starving each other.
    pool: 'forks',
    maxWorkers: 2,
  },
})
