/** How many runs random tests take: `SLUICE_RUNS`, a whole number from 100 to 1,000,000. A property with 10,000 runs takes that many. */

const usual = 1000
/** The `SLUICE_RUNS` under which each property takes the runs that its test names. */
const asWritten = 10_000
/** A property with at most so many runs takes all of them. */
const fewest = 100

const runs = runsFrom(process.env.SLUICE_RUNS)

/** Whether this is the nightly run, which takes every run of a property and the whole contract of every adapter. */
export const isNightly: boolean = runs >= asWritten

/** The runs of this run of the tests, for a property that names so many. */
export function runsOf(named: number, of: number = runs): number {
  return Math.max(Math.min(named, fewest), Math.round((named * of) / asWritten))
}

/** Reads the number. */
export function runsFrom(text: string | undefined): number {
  if (text === undefined || text === '') return usual
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < fewest || number > 1_000_000)
    throw new Error(`SLUICE_RUNS is ${text}: give it a whole number from ${fewest} to 1,000,000.`)
  return number
}
