/** The slots of one key: the rule that counts them, and how they are described. */
import type { Micros } from '../../clock.ts'
import type { LimitStatus } from '../../decision.ts'
import type { CountingRule } from '../../kind.ts'
import type { LimitFacts } from '../../store.ts'

/** A limit on what happens at the same time, as the stores use it. */
export interface ConcurrencyRule extends CountingRule {
  readonly kind: 'concurrency'
  /** Slots. */
  readonly capacity: number
  /** Slots are counted as they are. */
  readonly scale: 1
  readonly leaseMs: number
}

/** The slots of a key, expired ones left out. */
export interface SlotsHeld {
  readonly held: number
  /** None comes free by itself before. */
  readonly firstEnd: Micros
  /** All have come free by then. */
  readonly lastEnd: Micros
}

/** Slots come free when their holders are done, which is not known beforehand: a second is a polite guess. */
const guessUs = 1_000_000

/** The status of a limit on what happens at the same time. */
export function slotStatusOf(
  limit: LimitFacts,
  rule: ConcurrencyRule,
  slots: SlotsHeld,
  now: Micros,
  cost: number,
  admitted: boolean,
): LimitStatus {
  const { held, firstEnd, lastEnd } = slots
  const remaining = Math.max(0, rule.capacity - held)
  // Without any slot, no wait helps.
  const isImpossible = cost > rule.capacity
  const guessMs = held === 0 || rule.capacity === 0 ? 0 : Math.ceil(Math.min(firstEnd - now, guessUs) / 1000)
  return {
    name: limit.name,
    allowed: admitted,
    shadow: limit.shadow,
    near: held >= rule.capacity * limit.nearAt,
    capacity: rule.capacity,
    cost,
    remaining,
    retryAfterMs: admitted ? 0 : isImpossible ? null : guessMs,
    replenishAfterMs: guessMs,
    resetAfterMs: held === 0 ? 0 : Math.ceil((lastEnd - now) / 1000),
    estimated: true,
    rule,
    disclose: limit.disclose,
    parent: limit.parent,
  }
}
