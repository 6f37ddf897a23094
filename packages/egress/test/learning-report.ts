/** Prints what is learned from headers: `node --conditions=@sluice/source --import tsx packages/egress/test/learning-report.ts`. */
import { play, type Reading, rows } from './learning-rows.ts'

const readings: readonly Reading[] = ['off', 'naive', 'no spread', 'no probe', 'fold']
const line = (cells: readonly string[]): string => `${cells.map((cell, i) => (i === 0 ? cell.padEnd(54) : cell.padStart(10))).join('')}\n`

process.stdout.write('429s of 3 processes that share a key of 300 a minute with a stranger at half of it, and of a quota that is halved.\n')
process.stdout.write(line(['', ...readings, 'at most', 'used', 'recovered']))
for (const row of rows) {
  const all = readings.map((reading) => play(row, reading))
  const { used, recoveredSeconds } = all.at(-1)!
  const halved = row.halved === true ? [`${(100 * used).toFixed(1)} %`, `${recoveredSeconds} s`] : []
  process.stdout.write(line([row.name, ...all.map(({ limited }) => String(limited)), String(row.mostLimited), ...halved]))
}
