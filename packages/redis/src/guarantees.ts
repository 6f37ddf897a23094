/** Guaranteed shares as the scripts have them: beside which charge of the same list each is decided, and by which record. */
import type { Charge, Terms } from '@sluice/core'
import type { GuaranteedRule } from '@sluice/core/internal'
import type { BucketKeys } from './bucket-key.ts'

/** The rule of terms that guarantee a share. */
export function guaranteedRule({ rule }: Terms): GuaranteedRule | undefined {
  return rule.kind === 'guaranteed' ? (rule as GuaranteedRule) : undefined
}

/** A limit and a key, among others that are charged or held together. */
type Place = Pick<Charge, 'limit' | 'key' | 'terms'>

/** Where the parent of a guaranteed share is among these, or -1. */
export function parentAmong({ limit }: Pick<Place, 'limit'>, among: readonly Pick<Place, 'limit'>[]): number {
  return among.findIndex((other) => other.limit.name === limit.parent)
}

/** Whether it is a guaranteed share without its parent, which is charged nothing. */
export function isOrphan(place: Pick<Place, 'limit' | 'terms'>, among: readonly Pick<Place, 'limit'>[]): boolean {
  return guaranteedRule(place.terms) !== undefined && parentAmong(place, among) < 0
}

/** The Redis key of the record of a guaranteed share; of one without its parent its own bucket, of which nothing becomes then. */
export function recordKey(place: Place, among: readonly Place[], keys: BucketKeys): string {
  const parent = among[parentAmong(place, among)]
  return parent === undefined ? keys.bucket(place.limit, place.key) : keys.children(place.limit, parent.key)
}
