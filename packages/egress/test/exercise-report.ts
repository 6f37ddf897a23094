/** Runs the exercise and prints its figures: `node --conditions=@sluice/source --import tsx packages/egress/test/exercise-report.ts`. */
import { runExercise } from './exercise.ts'

const { arrivals, workers, ...figures } = await runExercise()
const report = { ...figures, calls: arrivals.length, workers: workers.map(({ latencies: _, refusedMs: __, ...rest }) => rest) }
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
