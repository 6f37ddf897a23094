/** Reports of settlements that could not charge or return everything, as faults that `observe` sees. */
import { SluiceError } from '../errors.ts'
import type { LimiterEvent } from '../observe.ts'
import type { Origin } from './reservation.ts'

/** Reports to the observers of one limiter. */
export function settlementReports(tell: (event: LimiterEvent) => void): Pick<Origin<never>, 'onExcess' | 'onLate'> {
  return {
    onExcess(limit, units) {
      tell({ type: 'fault', error: new SluiceError('SLUICE_DEBT_BOUND', { name: limit, value: units }), limit })
    },
    onLate(limits) {
      const limit = limits.length === 1 ? limits[0]! : null
      tell({ type: 'fault', error: new SluiceError('SLUICE_SETTLED_LATE', { limits: limits.join(', ') }), limit })
    },
  }
}
