/** What a simulation found: plain data, which `--json` prints as it is. */

/** Names and counts, the most frequent first. */
export type Counted = readonly { readonly name: string; readonly count: number }[]

/** One limit. */
export interface LimitResult {
  readonly name: string
  /** Such as `$remote_addr`. */
  readonly countedBy: string
  /** Whether it is measured only; `refused` is then what it would have refused. */
  readonly shadow: boolean
  /** Requests that it applied to. */
  readonly applied: number
  readonly refused: number
  readonly busiestKeys: Counted
  readonly refusedKeys: Counted
  /** By how much a count of keys can be too low. */
  readonly keysMissed: number
  /** Refused requests of each step of time. */
  readonly refusedPerStep: readonly number[]
}

/** One capacity of the grid of `--suggest`. */
export interface Candidate {
  readonly capacity: number
  readonly refused: number
  /** Of the requests that the limit applies to. */
  readonly share: number
}

/** What `--suggest` found for one limit, alone. */
export interface Suggestion {
  readonly limit: string
  readonly applied: number
  /** The smallest capacity of the grid that refuses no more than was asked for; `null` if each refuses more. */
  readonly capacity: number | null
  readonly candidates: readonly Candidate[]
}

/** The whole of it. */
export interface SimulationResult {
  readonly policyVersion: string
  readonly log: {
    readonly path: string
    readonly lines: number
    /** Lines that are no requests. */
    readonly unreadable: number
    /** The first few of them. */
    readonly examples: readonly string[]
    /** Lines that came more than 60 s too late. */
    readonly late: number
    /** Why it was read only in part; `null` if all of it was. */
    readonly stopped: string | null
    /** ISO 8601. */
    readonly from: string
    readonly to: string
  }
  readonly requests: number
  readonly refused: number
  readonly limits: readonly LimitResult[]
  /** Limits of the policy that a log cannot try, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[]
  readonly busiestRoutes: Counted
  readonly refusedRoutes: Counted
  readonly steps: {
    readonly from: string
    readonly stepMs: number
    readonly requests: readonly number[]
    readonly refused: readonly number[]
  }
  /** With `--suggest` alone. */
  readonly suggestions?: readonly Suggestion[]
  /** The share that `--suggest` asked for. */
  readonly suggestFor?: number
}
