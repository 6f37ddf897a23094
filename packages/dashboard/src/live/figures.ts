/** The figures of one process: plain data, which can be sent to other processes and added up. */
import type { MemoryUsage } from '@sluice/core'
import type { KeyCount } from './top-keys.ts'

/** What a limit did in a second, on average. */
export interface LimitRates {
  readonly admitted: number
  /** Of those admitted, such as had used the share that `nearAt` says. */
  readonly near: number
  readonly refused: number
  /** What a shadow limit would have refused. */
  readonly shadow: number
}

/** Something that does not answer. */
export interface OutageFigures {
  /** The name of a provider; `null` for the store of limiters. */
  readonly provider: string | null
  /** Such as `ECONNREFUSED`. */
  readonly code: string
  /** Without hosts and secrets. */
  readonly reason: string
  readonly sinceMs: number
}

/** A provider, as one process calls it. */
export interface ProviderFigures {
  readonly name: string
  readonly limits: Readonly<Record<string, number>>
  readonly waiting: number
  readonly inFlight: number
  /** Predicted for the next call; `null` where it is not known. */
  readonly waitMs: number | null
  /** Calls in the last minute: sent, refused before they were sent, and refused by the provider. */
  readonly sent: number
  readonly refused: number
  readonly limited: number
}

/** Functions of the application that failed with one code. */
export interface FaultFigures {
  readonly code: string
  readonly limit: string | null
  readonly count: number
  readonly lastMs: number
}

/** All figures of one process. */
export interface ProcessFigures {
  /** Another process has another one. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** Decisions a second over the last ten, and those that refused. */
  readonly decisions: number
  readonly refused: number
  /** The same of the last second alone, for the chart. */
  readonly latest: { readonly decisions: number; readonly refused: number }
  /** By name of a limit, over the last ten seconds. */
  readonly limits: Readonly<Record<string, LimitRates>>
  /** By name of a limit: admitted and refused in the last second. */
  readonly latestOfLimits: Readonly<Record<string, readonly [admitted: number, refused: number]>>
  /** Decisions a second by who made them: the store, a cache, this process in an outage, and none. */
  readonly deciders: readonly number[]
  /** Calls of stores in the last minute, by time: see `latencies`. */
  readonly latency: readonly number[]
  /** Of memory stores. */
  readonly usage: readonly MemoryUsage[]
  /** Round trips of Redis stores since the start, and the calls that they decided. */
  readonly roundTrips: { readonly scripts: number; readonly calls: number }
  readonly outages: readonly OutageFigures[]
  readonly faults: readonly FaultFigures[]
  /** Refusals of the last ten to fifteen minutes, by key. */
  readonly keys: { readonly total: number; readonly keys: readonly KeyCount[] }
  readonly providers: readonly ProviderFigures[]
}
