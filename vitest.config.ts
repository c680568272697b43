/**
 * How the tests run: one forked process per test file (the tests make SharedArrayBuffers of up to
 * gigabytes and kill worker threads), three files at a time, since many of them mostly wait;
 * generous limits for busy machines, for what is polled as well.
 * Processes and threads load TypeScript that is stripped already: see test/types/cache.mjs.
 */
import { defineConfig } from 'vitest/config'

const hook = new URL('./test/types/hook.mjs', import.meta.url).href
process.env['NODE_OPTIONS'] = `${process.env['NODE_OPTIONS'] ?? ''} --import=${hook}`.trim()

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/types/strip-all.mjs',
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 10_000,
    expect: { poll: { timeout: 20_000 } },
    allowOnly: false,
    passWithNoTests: false,
  },
})
