/** Guaranteed shares (q). Each is decided beside the charge of its parent in the same list, and by the record of what that reserves. */
import type { Charge, Terms } from '@sluice/core'
import { type GuaranteedRule, guaranteedKind, ruleOf } from '@sluice/core/internal'
import type { BucketKeys } from '../keys/bucket-key.ts'
import type { Kind } from './kind.ts'

export const guaranteed: Kind<GuaranteedRule> = {
  kind: guaranteedKind.name,
  codes: ['q'],
  workUs: () => 30,
  write: ({ capacity, periodUs }) => ({ letter: 'q', capacity, numbers: [capacity, 1, periodUs], published: '' }),
  read: ({ capacity, numbers: [, , periodUs] }) =>
    ruleOf(guaranteedKind, {
      capacity,
      refill: capacity,
      perMs: periodUs / 1000,
      scale: 1,
      periodUs,
    }),
}

/** The rule of terms that guarantee a share; `undefined` for other terms. */
export function guaranteedRule({ rule }: Terms): GuaranteedRule | undefined {
  return rule.kind === guaranteed.kind ? (rule as GuaranteedRule) : undefined
}

/** A limit and a key, among others that are charged or held with it. */
type Place = Pick<Charge, 'limit' | 'key' | 'terms'>

/** The index of the parent of a guaranteed share among these, or -1. */
export function parentAmong({ limit }: Pick<Place, 'limit'>, among: readonly Pick<Place, 'limit'>[]): number {
  return among.findIndex((other) => other.limit.name === limit.parent)
}

/** Whether it is a guaranteed share without its parent, which is charged nothing. */
export function isOrphan(place: Pick<Place, 'limit' | 'terms'>, among: readonly Pick<Place, 'limit'>[]): boolean {
  return guaranteedRule(place.terms) !== undefined && parentAmong(place, among) < 0
}

/** The Redis key of the record of a guaranteed share. Without its parent it is that of its own bucket, and is not used. */
export function recordKey(place: Place, among: readonly Place[], keys: BucketKeys): string {
  const parent = among[parentAmong(place, among)]
  return parent === undefined ? keys.bucket(place.limit, place.key) : keys.children(place.limit, parent.key)
}
