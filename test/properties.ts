/**
 * Properties start from the seed of the run, and their runs are scaled by `SLUICE_RUNS`.
 *
 * The numbers of runs in the tests are those of `pnpm nightly`, where `SLUICE_RUNS` is 10,000. By default it is 2,000, and a property with
 * 10,000 runs takes 2,000. One with at most 100 runs takes all of them: a run of it is long, and each finds much.
 */
import type fc from 'fast-check'
import { vi } from 'vitest'
import { runsOf } from './runs.ts'
import { seed } from './seed.ts'

// Only files with properties load fast-check, which takes a quarter of a second.
vi.mock('fast-check', async (original) => {
  const real = await original<typeof import('fast-check')>()
  real.configureGlobal({
    seed,
    reporter(run) {
      if (!run.failed) return
      throw new Error(`${real.defaultReportMessage(run)}\n\nTo repeat it, run the test with SLUICE_SEED=${run.seed}`, {
        cause: run.errorInstance,
      })
    },
  })
  const assert = <T>(property: fc.IRawProperty<T>, { numRuns, ...parameters }: fc.Parameters<T> = {}): unknown =>
    real.assert(property, { ...parameters, ...(numRuns === undefined ? {} : { numRuns: runsOf(numRuns) }) })
  return { ...real, assert, default: { ...real.default, assert } }
})
