/** One object for equal rules, so that rules can be compared by identity. */
import type { Rule } from './kind.ts'

const interned = new Map<string, WeakRef<Rule>>()
/** Distinct rules whose identity is kept. Beyond it equal rules may be different objects, which is slower and has no other effect. */
const mostInterned = 10_000

/** The one frozen object for this signature, so that a rule function called on every request makes no new rule each time. */
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
