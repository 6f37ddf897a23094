/** The answer that needs no bucket. */
import type { Verdict } from '../store.ts'

/** The verdict when no limit applies to a call. */
export const nothingApplies: Verdict = Object.freeze({
  allowed: true,
  limits: Object.freeze([]),
  undone: Object.freeze([]),
  hold: null,
  decidedBy: 'none',
})
