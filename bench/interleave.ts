/** Contenders measured in turns, round by round in one process, so that whatever disturbs the machine disturbs them alike. */
import type { Row } from './result.ts'

/** Something to measure. */
export interface Contender {
  readonly name: string
  /** Does its work once and answers nanoseconds an operation. */
  measure(): number | Promise<number>
}

/** Rounds that warm up and are not counted. */
const warmUps = 3

/** Measures contenders in turns; the first is the reference. */
export async function interleave(scenario: string, contenders: readonly Contender[], rounds: number): Promise<Row[]> {
  const samples = await takeTurns(contenders, rounds)
  const names = contenders.map(({ name }) => name)
  return rowsOf(scenario, names, samples)
}

/**
 * What each contender took, once a round.
 *
 * The young generation is emptied before each turn, so that no contender sweeps up after another.
 */
export async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<number[][]> {
  const samples = contenders.map((): number[] => [])
  for (let round = -warmUps; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) {
      globalThis.gc?.({ type: 'minor' })
      const nanos = await contender.measure()
      if (round >= 0) samples[at]!.push(nanos)
    }
  }
  return samples
}

/** A row for each contender, from samples that were taken in turns; the first contender is the reference. */
export function rowsOf(scenario: string, names: readonly string[], samples: readonly (readonly number[])[]): Row[] {
  const reference = samples[0]!
  return names.map((name, at) => rowOf(scenario, name, samples[at]!, at === 0 ? null : reference))
}

function rowOf(scenario: string, contender: string, samples: readonly number[], reference: readonly number[] | null): Row {
  return {
    scenario,
    contender,
    median: rounded(median(samples), 1),
    min: rounded(Math.min(...samples), 1),
    max: rounded(Math.max(...samples), 1),
    ratio: reference === null ? null : rounded(median(samples.map((nanos, at) => nanos / reference[at]!)), 2),
  }
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** A number for people: to so many decimal places. */
export function rounded(value: number, places: number): number {
  return Number(value.toFixed(places))
}
