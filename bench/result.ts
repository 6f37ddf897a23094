/** What a benchmark found: rows of numbers, and whether each claim about them holds. */

/** One line of the table of contenders that were measured in turns. Numbers are in the unit of the result. */
export interface Row {
  readonly scenario: string
  readonly contender: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** To the reference of the scenario: the median over the rounds, each compared with the reference of the same round. */
  readonly ratio: number | null
}

/** A sentence that is to hold, the figure it was judged by, and the verdict. */
export interface Claim {
  readonly text: string
  readonly measured: number
  readonly atMost: number
}

/** What a benchmark returns. */
export interface Result {
  /** What the result is called, if not as the benchmark. */
  readonly name?: string
  readonly unit: string
  /** Rounds that were interleaved. */
  readonly rounds?: number
  /** Versions of everything that was compared. */
  readonly versions: Readonly<Record<string, string>>
  /** The lines of the table, all with the same columns. */
  readonly rows: readonly object[]
  readonly claims: readonly Claim[]
}
