/**
 * `pnpm bench:ab <revision> [words]`: is the working tree slower than a revision?
 *
 * Both sides run in turns, A B B A, each time in a fresh process. The table shows nanoseconds an operation, and the ratio of the working tree to
 * the revision with its interval of 95 %: below 1 it is faster. A row is slower where the lower end of the interval passes 1.05; then the command fails.
 */
import { startServer } from '../redis/server.ts'
import { checkOut, workingTree } from './checkout.ts'
import { ratioOf } from './interval.ts'
import { type Measure, measures } from './measures.ts'

/** The lower end from which a row counts as slower. */
const slowerFrom = 1.05
const pairs = Number(process.env['SLUICE_AB_PAIRS'] ?? 10)

const [revision, ...words] = process.argv.slice(2)
if (revision === undefined || !Number.isInteger(pairs) || pairs < 2) {
  console.error('Usage: pnpm bench:ab <revision> [words that a row must contain]. SLUICE_AB_PAIRS is a whole number from 2, by default 10.')
  process.exit(2)
}

const redis = await startServer()
const base = await checkOut(revision)
let slower = 0
try {
  const chosen = measures(redis.port).filter(({ name }) => words.every((word) => name.includes(word)))
  console.log(`${'nanoseconds an operation'.padEnd(52)}${'base'.padStart(9)}${'now'.padStart(9)}${'ratio'.padStart(8)}   95 %`)
  for (const measure of chosen) if (await compare(measure)) slower += 1
} finally {
  redis.stop()
  await base.remove()
}
console.log(slower === 0 ? `No row is slower than ${revision}.` : `${slower} rows are slower than ${revision}.`)
process.exitCode = slower === 0 ? 0 : 1

/** Measures one row and prints it. @returns whether it is slower */
async function compare({ name, run }: Measure): Promise<boolean> {
  const taken: [number, number][] = []
  for (let i = 0; i < pairs; i++) {
    if (i % 2 === 0) {
      const before = await run(base.programs)
      taken.push([await run(workingTree.programs), before])
    } else {
      const now = await run(workingTree.programs)
      taken.push([now, await run(base.programs)])
    }
  }
  const { ratio, low, high } = ratioOf(taken)
  const mean = (side: 0 | 1): string => (taken.reduce((sum, pair) => sum + pair[side], 0) / pairs).toFixed(0)
  const interval = `${low.toFixed(3)} to ${high.toFixed(3)}`
  const isSlower = low > slowerFrom
  console.log(
    `${name.padEnd(52)}${mean(1).padStart(9)}${mean(0).padStart(9)}${ratio.toFixed(3).padStart(8)}   ${interval}${isSlower ? '  slower' : ''}`,
  )
  return isSlower
}
