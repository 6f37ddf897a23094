/** What a mutation run asks: the tests beside the deciders, and those that hold the memory store to the exact model. */
import { defineConfig, mergeConfig } from 'vitest/config'
import usual from '../../vitest.config.ts'

const { test, ...rest } = usual

export default mergeConfig(
  defineConfig(rest),
  defineConfig({
    test: {
      ...test,
      include: ['packages/core/src/{rules,buckets,guarantees,adaptive,memory}/*.test.ts'],
      // They look at crowds, for seconds each, and notice nothing that the others do not.
      exclude: ['**/*.{flood,overload,simulation}.test.ts'],
      isolate: false,
      pool: 'threads',
      maxWorkers: 1,
      setupFiles: ['test/mutation/few-runs.ts'],
    },
  }),
)
