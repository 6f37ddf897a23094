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

/** Tests of packages that need no Redis. */
const units = ['packages/{core,http,policy,conformance,fastify,express,hono,egress}/src/**/*.test.ts']
const others = ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts']

export default defineConfig({
  test: {
    // Much of the time of many tests is waiting: for servers, for clients, for the next second.
    maxWorkers: 4,
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          ...common,
          name: 'units',
          include: units,
          // To load every module again for each file takes longer than the tests, so these files share processes.
          isolate: false,
          setupFiles: [...common.setupFiles, 'test/leave-nothing.ts'],
        },
      },
      { resolve, ssr: { resolve }, test: { ...common, name: 'all others', include: others, exclude: ['**/node_modules/**', ...units] } },
    ],
  },
})
