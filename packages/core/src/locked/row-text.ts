/** The text of rows: JSON that people can read, with a version. */
import type { Bucket } from '../buckets/bucket.ts'
import type { Micros } from '../clock.ts'
import { SLUICE_STORE_ROW } from '../errors.ts'
import { type BucketState, type CountingRule, isCountingRule, type RuleKind, ruleOf } from '../kind.ts'
import { burstMaxKind } from '../rules/burst-max/burst-max.ts'
import { concurrencyKind } from '../rules/concurrency/concurrency.ts'
import type { SavedSlots } from '../rules/concurrency/memory-slots.ts'
import { calendarWindowKind } from '../rules/fixed-window/calendar-window.ts'
import { firstWindowKind } from '../rules/fixed-window/first-window.ts'
import { guaranteedKind } from '../rules/guaranteed/guaranteed-kind.ts'
import { reservedSharesKind } from '../rules/guaranteed/reserved-shares.ts'
import { lifetimeQuotaKind } from '../rules/lifetime/lifetime-quota.ts'
import { slidingLogKind } from '../rules/sliding-window/sliding-log.ts'
import { slidingWindowKind } from '../rules/sliding-window/sliding-window.ts'
import { tokenBucketKind } from '../rules/token-bucket/token-bucket.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Terms } from '../store.ts'

/** All kinds of rules whose buckets can lie in a row. */
const kinds = [
  burstMaxKind,
  calendarWindowKind,
  concurrencyKind,
  firstWindowKind,
  guaranteedKind,
  lifetimeQuotaKind,
  reservedSharesKind,
  slidingLogKind,
  slidingWindowKind,
  tokenBucketKind,
] as readonly object[] as readonly RuleKind[]

const kindsByName: ReadonlyMap<string, RuleKind> = new Map(kinds.map((kind) => [kind.name, kind]))

/** What is kept of one key of a limit. */
export interface BucketRow {
  /** The generation of the limit in which it was written: `resetAll` begins a new one. */
  readonly generation: number
  readonly bucket?: Bucket | undefined
  readonly slots?: SavedSlots | undefined
  readonly blockedUntil?: Micros | undefined
}

/** The keys of a limit that are blocked, and until when. */
export interface BlockedRow {
  readonly generation: number
  readonly keys: Readonly<Record<string, Micros>>
}

/** The latest generation of a limit. */
export interface GenerationRow {
  readonly generation: number
}

/** What is remembered of a reservation. It has no row before it is renewed or settled. */
export interface HoldRow {
  readonly renewedAt?: Micros | undefined
  readonly settled?: boolean | undefined
}

interface Rows {
  readonly blocked: BlockedRow
  readonly bucket: BucketRow
  readonly generation: GenerationRow
  readonly hold: HoldRow
}

/** Changes with every change of the format. A version that is not known is an error, never taken for an empty row. */
const version = 1

/** The text of a row. */
export function encodeRow<K extends keyof Rows>(_kind: K, row: Rows[K]): string {
  return JSON.stringify({ v: version, ...row }, (name, value: unknown) => (name === 'log' ? ofOneLog(value as BucketState['log']) : value))
}

/** What a text holds, with its rules as the deciders need them. @throws SluiceError `SLUICE_STORE_ROW` */
export function decodeRow<K extends keyof Rows>(_kind: K, text: unknown): Rows[K] {
  try {
    const { v, ...row } = JSON.parse(text as string, revived) as Rows[K] & { readonly v?: unknown }
    if (v === version) return row as object as Rows[K]
  } catch (cause) {
    throw new SluiceError(SLUICE_STORE_ROW, {}, { cause })
  }
  throw new SluiceError(SLUICE_STORE_ROW)
}

/** A log without the entries of those that continue it. */
function ofOneLog(log: BucketState['log']): BucketState['log'] {
  return log && { ...log, entries: log.entries.slice(0, log.length) }
}

/** A rule that was text, as the deciders need it; any other value as it is. */
function revived(_name: string, value: unknown): unknown {
  const kind = kindsByName.get((value as { readonly kind?: string } | null)?.kind ?? '')
  return kind === undefined ? value : ruleOf(kind, value as never)
}

/** Terms that may have been text: a reservation can come from another process. */
export function revivedTerms(terms: Terms): Terms {
  return isCountingRule(terms.rule) ? terms : { ...terms, rule: revived('rule', terms.rule) as CountingRule }
}
