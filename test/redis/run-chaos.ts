/** A minute of chaos, or as many seconds as are asked for: `run-chaos.ts [seconds] [seed]` prints what was seen. */
import { runChaos } from './chaos.ts'

const [seconds = '60', seed = String(Date.now())] = process.argv.slice(2)
const report = await runChaos(Number(seconds) * 1000, Number(seed))
process.stdout.write(`${JSON.stringify({ seed: Number(seed), ...report }, null, 2)}\n`)
if (report.errors.length > 0 || report.excess > report.explained) process.exitCode = 1
