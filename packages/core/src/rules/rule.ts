/** Rules: frozen plain data, one object per set of numbers. */
import type { Micros } from '../clock.ts'

/** An algorithm and its numbers, as `tokenBucket()` and its like make them. Compare rules by identity or by content, never mutate them. */
export interface Rule {
  readonly kind: string
}

/** The state of one bucket: three numbers, for one kind also a list, whose meaning belongs to the kind of the rule. */
export interface BucketState {
  /** What has been taken and not yet come back, in the rule's own scale. */
  readonly used: number
  /** When `used` was true. */
  readonly last: Micros
  /** What an earlier period left behind; 0 for kinds that leave nothing. */
  readonly carried: number
  /** Times and units of admissions in turn, the oldest first; only of kinds that keep them. */
  readonly log?: readonly number[]
}

const interned = new Map<string, WeakRef<Rule>>()
/** Distinct rules whose identity is kept; beyond it equal rules may be different objects, which is slower and nothing else. */
const mostInterned = 10_000

/** The one frozen object for this content, so that a rule function called on every request costs no new rule each time. */
export function intern<R extends Rule>(signature: string, make: () => R): R {
  const known = interned.get(signature)?.deref()
  if (known !== undefined) return known as R
  const rule = Object.freeze(make())
  if (interned.size >= mostInterned) forgetOldest()
  interned.set(signature, new WeakRef(rule))
  return rule
}

function forgetOldest(): void {
  for (const signature of interned.keys()) {
    interned.delete(signature)
    return
  }
}
