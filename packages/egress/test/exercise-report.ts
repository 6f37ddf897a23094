/** Runs the exercise and prints its figures: `node --conditions=@sluice/source --import tsx packages/egress/test/exercise-report.ts`. */
import { runExercise } from './exercise.ts'

const { counts, workers, used, p50Ms, p99Ms } = await runExercise({ windows: 4, harm: true })
const figures = { calls: counts.calls, limited: counts.limited, used, p50Ms, p99Ms }
process.stdout.write(`${JSON.stringify({ ...figures, workers: workers.map(({ latencies: _, ...rest }) => rest) })}\n`)
