/** From the rows of a reply to the verdict on a call. */
import type { Call, Charge, HeldCharge, Hold, LimitStatus, Verdict } from '@sluice/core'
import { holdId } from './hold-id.ts'
import { heldCharge, type Row, type Rows, rowStatus } from './rows.ts'

const nothingUndone: readonly LimitStatus[] = Object.freeze([])

/** The verdict on a call, from the next rows. */
export function verdictOf(call: Call, rows: Rows): Verdict {
  const { action, charges } = call
  const seen = charges.map(({ terms }) => rows.row(terms))
  const limits = charges.map((charge, i) => rowStatus(charge, seen[i]!, rows.now))
  const allowed = limits.every((status) => status.allowed || status.shadow)
  const hold = allowed && action === 'reserve' ? holdOf(charges, seen, limits, rows.now) : null
  return { allowed, limits, undone: nothingUndone, hold, decidedBy: 'store' }
}

/** The verdict on a refused call whose earlier stages were given back, from the rows that say how everything stands after that. */
export function verdictAfterUndo({ charges, undo }: Call, rows: Rows): Verdict {
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
function holdOf(charges: readonly Charge[], seen: readonly Row[], limits: readonly LimitStatus[], now: number): Hold {
  return { id: holdId(), entries: charges.flatMap((charge, i) => (limits[i]!.allowed ? [heldCharge(charge, seen[i]!, now)] : [])) }
}
