/** How far two right stores must agree where the clock steps back: one may have forgotten what the other still knows. */
import type { History, HistoryStep, Outcome } from '@sluice/conformance/store'

/** Looks at every bucket before and after each step back. */
export function watchingStepsBack(history: History): History {
  const looks = looksAt(history)
  const steps = history.steps.flatMap((step) => (isStepBack(step) ? [...looks, step, ...looks] : [step]))
  return { ...history, steps }
}

/** A look at each bucket. Slots are given up as soon as they expire, in every store, so they need no look. */
function looksAt({ limits, rules }: History): HistoryStep[] {
  return limits.flatMap((_, limit) => {
    const rule = Math.min(limit, rules.length - 1)
    if (rules[rule]!.kind === 'concurrency') return []
    return ['a', 'b'].map((key): HistoryStep => ({ do: 'inspect', ask: { limit, key, rule, version: 0, cost: 0 } }))
  })
}

function isStepBack(step: HistoryStep): boolean {
  return step.do === 'wait' && step.us < 0
}

/**
 * How many steps of a watched history two right stores must answer alike. That ends where a bucket which had expired is there again after a
 * step back: one store may have forgotten it, and the other not yet.
 */
export function certainSteps(history: History, ...stores: readonly Outcome[][]): number {
  const looks = looksAt(history)
  const isBack = (at: number): boolean =>
    stores.some((seen) => looks.some((_, i) => seen[at - looks.length + i]!.status === null && seen[at + 1 + i]!.status !== null))
  const { steps } = history
  const doubtful = steps.findIndex((step, at) => isStepBack(step) && isBack(at))
  return doubtful < 0 ? steps.length : doubtful
}
