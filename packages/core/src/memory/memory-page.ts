/** A page of a memory table: the numbers of 1,024 buckets, and what few of them have besides. */
import type { BucketState } from '../rules/kind.ts'
import type { Terms } from '../store.ts'

/** The buckets in 1,024 neighbouring slots. */
export interface Page {
  /** What is used and when that was true: at twice the place of a slot, and beside it. */
  readonly numbers: Float64Array
  /** The terms of all its buckets; `undefined` before there is one, and once they differ. */
  terms: Terms | undefined
  /** The terms of each, once they differ. */
  ownTerms: Terms[] | undefined
  /** What earlier periods left behind; absent while no bucket has any. */
  carried: Float64Array | undefined
  /** The uncapped state, by the place of a slot; absent while all its buckets are as their numbers say. */
  uncapped: Map<number, BucketState> | undefined
  /** The epochs of its buckets; absent before one of them has any. */
  epochs: Float64Array | undefined
}

/** Slots of a page. */
export const pageSlots = 1024

/** The place of a slot in its page. */
export function placeOf(slot: number): number {
  return slot & 1023
}

/** The terms of the bucket at a place of a page. */
export function termsAt({ terms, ownTerms }: Page, at: number): Terms {
  return terms ?? ownTerms![at]!
}

/** A page without buckets. */
export function emptyPage(): Page {
  return {
    numbers: new Float64Array(pageSlots * 2),
    terms: undefined,
    ownTerms: undefined,
    carried: undefined,
    uncapped: undefined,
    epochs: undefined,
  }
}

/** Writes what is used, when that was true, and what is carried. */
export function writeState(page: Page, at: number, { used, last, carried }: BucketState): void {
  page.numbers[at * 2] = used
  page.numbers[at * 2 + 1] = last
  if (carried !== 0) page.carried ??= new Float64Array(pageSlots)
  if (page.carried !== undefined) page.carried[at] = carried
}

/** Writes the terms of a bucket: as those of all its neighbours, as long as they are the same. */
export function writeTerms(page: Page, at: number, terms: Terms): void {
  if (page.terms === terms) return
  if (page.terms === undefined && page.ownTerms === undefined) {
    page.terms = terms
    return
  }
  page.ownTerms ??= new Array<Terms>(pageSlots).fill(page.terms!)
  page.terms = undefined
  page.ownTerms[at] = terms
}

/** The epoch of the bucket at a place of a page; 0 for nearly every bucket. */
export function epochIn({ epochs }: Page, at: number): number {
  return epochs === undefined ? 0 : epochs[at]!
}

/** Writes the epoch of a bucket. */
export function writeEpoch(page: Page, at: number, epoch: number): void {
  if (epoch !== 0) page.epochs ??= new Float64Array(pageSlots)
  if (page.epochs !== undefined) page.epochs[at] = epoch
}

/** Writes the uncapped state of a bucket, or removes it. */
export function writeUncapped(page: Page, at: number, uncapped: BucketState | undefined): void {
  if (uncapped === undefined && page.uncapped === undefined) return
  page.uncapped ??= new Map<number, BucketState>()
  if (uncapped !== undefined) page.uncapped.set(at, uncapped)
  else if (page.uncapped.delete(at) && page.uncapped.size === 0) page.uncapped = undefined
}
