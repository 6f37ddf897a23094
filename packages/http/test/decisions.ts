/** Statuses and decisions for the unit tests, as the core makes them, with only the numbers a test speaks of written out. */
import type { Allowed, Impossible, Limited, LimitStatus, Unavailable } from '@sluice/core'
import { type DisclosedLimits, disclosedLimits } from '../src/headers/disclosed-limits.ts'

interface Numbers extends Partial<Omit<LimitStatus, 'name'>> {
  readonly refill?: number
  readonly perMs?: number
  readonly kind?: string
}

/** A bucket of 10 that refills once a minute, of which 4 are left. */
export function status(name: string, numbers: Numbers = {}): LimitStatus {
  const { refill, perMs = 60_000, kind = 'token-bucket', ...given } = numbers
  const capacity = given.capacity ?? 10
  return {
    name,
    allowed: true,
    shadow: false,
    near: false,
    capacity,
    cost: 1,
    remaining: 4,
    retryAfterMs: 0,
    replenishAfterMs: 5_100,
    resetAfterMs: 35_100,
    disclose: true,
    parent: null,
    ...given,
    rule: given.rule ?? ruleOf(kind, capacity, refill ?? capacity, perMs),
  }
}

// Interned, as the core's are.
const rules = new Map<string, LimitStatus['rule']>()

function ruleOf(kind: string, capacity: number, refill: number, perMs: number): LimitStatus['rule'] {
  const signature = [kind, capacity, refill, perMs].join()
  const rule = rules.get(signature) ?? (kind === 'concurrency' ? { kind, capacity } : { kind, capacity, refill, perMs })
  rules.set(signature, rule)
  return rule
}

/** An exhausted limit. */
export function exhausted(name: string, retryAfterMs: number | null, numbers: Numbers = {}): LimitStatus {
  return status(name, { allowed: false, remaining: 0, retryAfterMs, replenishAfterMs: retryAfterMs ?? 0, ...numbers })
}

const answered = { decidedBy: 'store', policyVersion: '' } as const

export function allowed(...limits: LimitStatus[]): Allowed {
  return { ...answered, allowed: true, outcome: 'allowed', retryAfterMs: 0, refusedBy: [], limits }
}

/** Refused by every enforcing limit that does not allow; waits for the longest. */
export function limited(...limits: LimitStatus[]): Limited {
  const retryAfterMs = Math.max(...limits.map((limit) => limit.retryAfterMs ?? 0))
  return { ...answered, allowed: false, outcome: 'limited', retryAfterMs, refusedBy: refusing(limits), limits }
}

export function impossible(...limits: LimitStatus[]): Impossible {
  return { ...answered, allowed: false, outcome: 'impossible', retryAfterMs: null, refusedBy: refusing(limits), limits }
}

export function unavailable(retryAfterMs: number): Unavailable {
  return { ...answered, decidedBy: 'none', allowed: false, outcome: 'unavailable', retryAfterMs, refusedBy: [], limits: [] }
}

/** What callers see of these limits. */
export function visible(...limits: LimitStatus[]): DisclosedLimits {
  return disclosedLimits(allowed(...limits))
}

function refusing(limits: readonly LimitStatus[]): string[] {
  return limits.filter((limit) => !limit.allowed && !limit.shadow).map((limit) => limit.name)
}
