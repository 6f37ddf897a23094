/**
 * What callers may be told: the one gate between a decision and everything that leaves the process.
 *
 * Header fields, problem bodies and pages are written from {@link DisclosedLimits} alone, which only this file makes, so an
 * undisclosed limit can appear in none of them.
 */
import type { CountingRule, Decision, LimitStatus } from '@sluice/core'
import { type Pace, ruleKind } from '@sluice/core/internal'

declare const disclosed: unique symbol

/** The limits that callers may see, outermost first, as the decision left them. */
export type DisclosedLimits = readonly LimitStatus[] & { readonly [disclosed]: true }

/** Nothing to tell. */
export const noLimits: DisclosedLimits = [] as readonly LimitStatus[] as DisclosedLimits

/**
 * The limits of a decision that callers may see.
 *
 * Shadow limits are left out: a client that paces itself by a limit that is only being measured would spoil the measurement. So is
 * everything that was not decided (`decidedBy: 'none'`), since its numbers would be invented.
 */
export function disclosedLimits(decision: Decision): DisclosedLimits {
  if (decision.decidedBy === 'none') return noLimits
  // Nearly always all of them, and then without a copy.
  for (const status of decision.limits) if (!isDisclosed(status)) return withoutOthers(decision)
  return decision.limits as DisclosedLimits
}

function withoutOthers(decision: Decision): DisclosedLimits {
  return decision.limits.filter(isDisclosed) as readonly LimitStatus[] as DisclosedLimits
}

function isDisclosed(status: LimitStatus): boolean {
  return status.disclose && !status.shadow
}

/** The limits of several guards on one request as one list: a later status replaces an earlier one of the same name, in its place. */
export function mergeDisclosed(earlier: DisclosedLimits, later: DisclosedLimits): DisclosedLimits {
  if (earlier.length === 0) return later
  if (later.length === 0) return earlier
  const byName = new Map<string, LimitStatus>()
  for (const status of earlier) byName.set(status.name, status)
  for (const status of later) byName.set(status.name, status)
  return [...byName.values()] as readonly LimitStatus[] as DisclosedLimits
}

/** Whether the units of a limit never return, as those of a lifetime quota. Also of a status that has been through JSON. */
export function isLasting({ rule }: Pick<LimitStatus, 'rule'>): boolean {
  return (rule as { readonly per?: unknown }).per === 'lifetime'
}

/**
 * Reads from a rule what headers say about it: how much comes back, how often, and of what. It is what the kind of the rule says. For a
 * kind that says nothing, it is the rule's `refill`, or else its capacity, per `perMs`.
 */
export function paceOf({ rule, capacity }: Pick<LimitStatus, 'rule' | 'capacity'>): Pace {
  const counting = rule as CountingRule & { readonly perMs?: unknown; readonly refill?: unknown }
  const { perMs, refill } = counting
  // A status that has been through JSON lacks the kind.
  const kind: CountingRule[typeof ruleKind] | undefined = counting[ruleKind]
  if (kind?.pace !== undefined) return kind.pace(counting)
  if (typeof perMs !== 'number') return { refill: null, periodMs: null, unit: 'requests' }
  return { refill: typeof refill === 'number' ? refill : capacity, periodMs: perMs, unit: 'requests' }
}
