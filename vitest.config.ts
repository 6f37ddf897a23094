import { defineConfig, type ViteUserConfig } from 'vitest/config'

export const resolve = { conditions: ['@sluice/source'] }
/** Shared with the run of mutations. */
export const common = {
  setupFiles: ['test/properties.ts'],
  // These end what hangs, and nothing that a busy machine keeps waiting.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
} satisfies ViteUserConfig['test']

/** Tests that measure memory and time, each in a process of its own. They are a check: `pnpm check bounds`. */
const bounds = ['test/bounds/*.test.ts']
/** A function takes its place in memory when it first runs, and nothing more later. What else grows does so by what it remembers. */
const steadyCode = ['--no-opt', '--no-maglev', '--always-sparkplug', '--no-lazy-feedback-allocation', '--no-flush-bytecode']

export default defineConfig({
  test: {
    // Much of the time of many tests is waiting: for servers, for clients, for the next second. With three workers, two idle cores are used for
    // half of the time. More than four keep tests waiting that must keep to a time.
    maxWorkers: 4,
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          ...common,
          name: 'tests',
          include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...bounds],
          // To load every module again for each file takes longer than the tests, so these files share processes.
          isolate: false,
          setupFiles: [...common.setupFiles, 'test/leave-nothing.ts'],
        },
      },
      { resolve, ssr: { resolve }, test: { ...common, name: 'bounds', include: bounds, execArgv: steadyCode } },
    ],
  },
})
