import { runExercise } from './exercise.ts'

const { counts, workers, used, p50Ms, p99Ms } = await runExercise({ windows: 4, harm: true })
console.log(
  JSON.stringify({ calls: counts.calls, limited: counts.limited, used, p50Ms, p99Ms }),
  JSON.stringify(workers.map(({ latencies: _, ...rest }) => rest)),
)
