/** What every contender of `bench decide` is: made for an allowance, it counts how many of a list of requests it admits. */

/** What each key may do. */
export interface Allowance {
  readonly capacity: number
  readonly perMs: number
  /** How many keys there will be; for stores that ask. */
  readonly keys: number
}

/** Decides a range of requests, one after the other. Each contender has a loop of its own, so that none runs in another's compiled code. */
export type Run = (keys: readonly string[], from: number, to: number) => number | Promise<number>

export type Make = (allowance: Allowance) => Run | Promise<Run>
