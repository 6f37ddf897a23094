/** What an operator sees at one moment, as plain data. */
import type { MemoryUsage } from '@sluice/core'
import type { FaultFigures, LimitRates, OutageFigures, ProviderFigures } from './figures.ts'
import type { NamedKey } from './key-names.ts'
import type { PolicyChange } from './policy-change.ts'

/** A key that was refused. */
export interface RefusedKey extends NamedKey {
  /** Refusals of the last ten to fifteen minutes, at most. */
  readonly count: number
  /** Of all refusals, from 0 to 1. */
  readonly share: number
}

/** A key that is blocked. */
export interface BlockedKeyState extends NamedKey {
  /** `null` for ever. */
  readonly blockedForMs: number | null
}

/** The policy that the limiters follow. */
export interface PolicyState {
  readonly version: string
  /** When it came into force, in milliseconds since 1970; `null` if that is not known. */
  readonly sinceMs: number | null
  /** Versions before it, the latest first. */
  readonly earlier: readonly { readonly version: string; readonly sinceMs: number }[]
  /** What the version before said otherwise. */
  readonly changes: readonly PolicyChange[]
  /** Documents refused since the start, and why the latest one was; `null` once a good one has come. */
  readonly refused: number
  readonly refusal: string | null
}

/** What {@link LiveView.state} answers. Rates are those of a second, over the last ten. */
export interface LiveState {
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** Processes whose figures are added up. A view without sources of its own is none of them. */
  readonly processes: number
  /** Why the figures of other processes are missing; `null` where they are not. */
  readonly alone: string | null
  readonly decisions: number
  readonly refused: number
  /** By name. */
  readonly limits: readonly (LimitRates & { readonly name: string })[]
  /** Refusals of the last ten to fifteen minutes, and the keys that were refused most. */
  readonly refusals: number
  readonly keys: readonly RefusedKey[]
  readonly blocked: readonly BlockedKeyState[]
  /** Decisions a second by a cache, and in this process while the store was away. */
  readonly cached: number
  readonly local: number
  /** Calls of stores in the last minute, and how long half of them and 99 of 100 took at most; `null` without calls. */
  readonly storeCalls: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly usage: readonly MemoryUsage[]
  /** Calls that one round trip to Redis has decided, on average since the start; `null` without a Redis store. */
  readonly callsInRoundTrip: number | null
  readonly outages: readonly OutageFigures[]
  readonly faults: readonly FaultFigures[]
  readonly providers: readonly ProviderFigures[]
  readonly policy: PolicyState | null
}
