/** Starts the properties of every test file from the seed of the run, and says with what fails how to repeat it. */
import fc from 'fast-check'
import { seed } from './seed.ts'

fc.configureGlobal({
  seed,
  reporter(run) {
    if (!run.failed) return
    throw new Error(`${fc.defaultReportMessage(run)}\n\nTo repeat it, run the test with SLUICE_SEED=${run.seed}`, {
      cause: run.errorInstance,
    })
  },
})
