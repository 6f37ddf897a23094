/**
 * Runs the exercise and prints its figures, each beside what is wanted on a machine that does nothing else:
 * `node --conditions=@sluice/source --import tsx packages/egress/test/exercise-report.ts`.
 */
import { runExercise } from './exercise.ts'

const { arrivals, workers, ...figures } = await runExercise()
const { limited, used, p50Ms, p99Ms, waitedInVain, refusalP99Ms } = figures
const report = { ...figures, calls: arrivals.length, workers: workers.map(({ latencies: _, refusedMs: __, bareMs: ___, ...rest }) => rest) }
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)

const rows: readonly (readonly [name: string, value: number, unit: string, isMet: boolean, wanted: string])[] = [
  ['429s of the provider', limited, '', limited === 0, 'none'],
  ['part of the quota that is used', used * 100, ' %', used >= 0.97, 'at least 97 %'],
  ['p99 of the latency to its median', p99Ms / p50Ms, '', p99Ms <= 1.2 * p50Ms, 'at most 1.2'],
  ['p99 of a refusal on arrival', refusalP99Ms, ' ms', refusalP99Ms <= 10, 'at most 10 ms'],
  ['part of the refused calls that waited in vain', waitedInVain * 100, ' %', waitedInVain <= 0.05, 'at most 5 %'],
]
for (const [name, value, unit, isMet, wanted] of rows) {
  process.stdout.write(`${isMet ? 'met   ' : 'missed'}  ${name}: ${value.toFixed(2)}${unit} (${wanted})\n`)
}
