/** From the rows of a reply to the verdict on a call. */
import type { Call, Charge, HeldCharge, Hold, LimitStatus, Micros, Verdict } from '@sluice/core'
import { allowsPartialGrant, paying, timeOfCharge } from '@sluice/core/internal'
import { leaseOf, slotsRule } from '../kinds/concurrency.ts'
import { isOrphan } from '../kinds/guaranteed.ts'
import type { RoundTrip } from '../refusals/server-clock.ts'
import type { StoreContext } from '../run-script.ts'
import type { NamedCall } from '../wire/call-text.ts'
import { type Row, type Rows, rowStatus } from '../wire/rows.ts'
import { warnOfOtherRule } from './other-rule.ts'

const nothingUndone: readonly LimitStatus[] = Object.freeze([])

/**
 * The verdict on a call, from the next rows.
 * @param roundTrip - its times, if the buckets now stand as the rows say
 */
export function verdictOf(context: StoreContext, { call, leaseName }: NamedCall, rows: Rows, roundTrip?: RoundTrip): Verdict {
  const { action } = call
  const units = allowsPartialGrant(call) ? rows.number() : 0
  const charges = units === 0 ? call.charges : paying(call.charges, units)
  const seen = charges.map((charge) => rowOf(context, charge, rows))
  if (roundTrip !== undefined) context.refusals?.learn(charges, seen, rows.now, roundTrip)
  const limits = charges.map((charge, i) => rowStatus(charge, seen[i]!, rows.now))
  const allowed = limits.every((status) => status.allowed || status.shadow)
  const hold = allowed && action === 'reserve' ? holdOf(context, leaseName, charges, seen, limits, rows.now) : null
  return { allowed, limits, undone: nothingUndone, hold, decidedBy: 'store' }
}

/** The next row, of the bucket of a charge. */
function rowOf({ keys }: StoreContext, { limit, terms }: Charge, rows: Rows): Row {
  const row = rows.row(terms)
  if (row.replaced !== undefined) warnOfOtherRule(limit, terms, row.replaced, keys.prefix)
  return row
}

/** The verdict on a refused call, from rows that describe the limits as if its earlier stages were given back. */
export function verdictWithoutHolds({ charges, undo }: Call, rows: Rows): Verdict {
  const seen = charges.map(({ terms }) => rows.row(terms))
  const given = undo.flatMap(({ entries }) => {
    const open = rows.number() === 1
    return open ? entries.map((held) => ({ charge: chargeOf(held), row: rows.row(held.terms) })) : []
  })
  // The same request would ask again for what was given back, together with this cost.
  const again = ({ limit, key, cost }: Charge): number =>
    given.reduce((sum, { charge }) => (charge.limit.name === limit.name && charge.key === key ? sum + charge.cost : sum), cost)
  return {
    allowed: false,
    limits: charges.map((charge, i) => rowStatus({ limit: charge.limit, cost: again(charge) }, seen[i]!, rows.now)),
    undone: given.map(({ charge, row }) => rowStatus(charge, row, rows.now)),
    hold: null,
    decidedBy: 'store',
  }
}

/** A held charge as one to ask about again. */
export function chargeOf({ limit, key, terms, units }: HeldCharge): Charge {
  return { limit, key, terms, cost: units }
}

/** What a reservation holds: the limits that admitted it. */
function holdOf(
  { keys, settlementIds }: StoreContext,
  lease: string,
  charges: readonly Charge[],
  seen: readonly Row[],
  limits: readonly LimitStatus[],
  now: Micros,
): Hold {
  const entries = charges.flatMap((charge, i) =>
    limits[i]!.allowed && !isOrphan(charge, charges) ? heldOf(lease, charge, seen[i]!, now) : [],
  )
  return { id: settlementIds.next(keys.place(charges[0]!.key)), entries }
}

/** Units, or a slot, unless the request held one already. */
function heldOf(name: string, { limit, key, cost, terms: ownTerms }: Charge, { state, terms, epoch }: Row, now: Micros): HeldCharge[] {
  const slots = slotsRule(terms)
  if (slots === undefined) {
    const units = limit.debit === 'before' ? cost : 0
    return [{ limit, key, terms, units, at: timeOfCharge(state, now), ...(epoch > 0 && { epoch }) }]
  }
  return cost === 0 ? [] : [{ limit, key, terms: ownTerms, units: cost, at: now, lease: leaseOf(slots, name) }]
}
