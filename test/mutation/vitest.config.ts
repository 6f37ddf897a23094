/** What a mutation run asks: the tests beside the deciders, and those that hold the memory store to the exact model. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { common, resolve } from '../../vitest.config.ts'

const packages = fileURLToPath(new URL('../../packages/', import.meta.url))

/** Packages are linked to the real sources. The suites must meet the mutated core, so they are read from the copy that is mutated. */
const alias = [
  { find: /^@sluice\/core$/, replacement: `${packages}core/src/index.ts` },
  { find: /^@sluice\/core\/internal$/, replacement: `${packages}core/src/internal.ts` },
  { find: /^@sluice\/core\/testing$/, replacement: `${packages}core/src/testing/index.ts` },
  { find: /^@sluice\/conformance\/store$/, replacement: `${packages}conformance/src/store/index.ts` },
  { find: /^@sluice\/conformance\/store\/histories$/, replacement: `${packages}conformance/src/store/histories.ts` },
]

export default defineConfig({
  resolve: { ...resolve, alias },
  ssr: { resolve },
  test: {
    ...common,
    include: ['packages/core/src/whole-number.test.ts', 'packages/core/src/{rules,buckets,bans,adaptive,memory}/**/*.test.ts'],
    // They look at crowds, for seconds each, and notice nothing that the others do not.
    exclude: ['**/*.{flood,overload,simulation}.test.ts'],
    isolate: false,
    pool: 'threads',
    maxWorkers: 1,
    setupFiles: ['test/mutation/few-runs.ts'],
  },
})
