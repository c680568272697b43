/**
 * How the tests run: one forked process per test file (the tests make SharedArrayBuffers of up to
 * gigabytes and kill worker threads), two files at a time, generous limits for busy machines.
 */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    allowOnly: false,
    passWithNoTests: false,
  },
})
