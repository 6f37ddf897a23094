/**
 * Properties start from the seed of the run, and their runs are scaled by `SLUICE_RUNS`.
 *
 * The numbers of runs in the tests are those of `pnpm nightly`, where `SLUICE_RUNS` is 10,000. By default it is 1,000, and a property with
 * 10,000 runs takes 1,000. One with at most 100 runs takes all of them: a run of it is long, and each finds much.
 */
import type fc from 'fast-check'
import { vi } from 'vitest'
import { runsOf } from './runs.ts'
import { seed } from './seed.ts'

/**
 * Lets other things run. Until then, whatever a WeakRef was made to or read from is kept alive, such as each memory store. With all stores
 * of a property in memory, half of the time goes into collecting garbage.
 */
const rest = (): Promise<void> => new Promise((resolve) => void immediately(resolve))
/** Runs between two rests. */
const runsAtOnce = 50
// A test may replace it by a fake one.
const immediately = setImmediate

function withRests(property: fc.IRawProperty<unknown>): void {
  if (!property.isAsync()) return
  let runs = 0
  ;(property as fc.IAsyncPropertyWithHooks<unknown>).afterEach(async (previous) => {
    await previous()
    if (++runs % runsAtOnce === 0) await rest()
  })
}

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
  const assert = <T>(property: fc.IRawProperty<T>, { numRuns, ...parameters }: fc.Parameters<T> = {}): unknown => {
    withRests(property as fc.IRawProperty<unknown>)
    return real.assert(property, { ...parameters, ...(numRuns === undefined ? {} : { numRuns: runsOf(numRuns) }) })
  }
  return { ...real, assert, default: { ...real.default, assert } }
})
