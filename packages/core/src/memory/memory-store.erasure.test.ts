import { type History, type HistoryStep, type Outcome, runHistory, same } from '@sluice/conformance/store'
import { histories } from '@sluice/conformance/store/histories'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryStore } from './memory-store.ts'

async function run(history: History): Promise<Outcome[]> {
  const clock = manualClock()
  return runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
}

/** Whether nothing may have changed: a look, a refusal, or a request for nothing. */
function leavesNoTrace({ step, verdict }: Outcome): boolean {
  if (step.do === 'peek' || step.do === 'inspect') return true
  if (step.do !== 'consume' && step.do !== 'reserve') return false
  const refused = !verdict!.allowed && step.undo.length === 0
  return refused || (step.do === 'consume' && step.asks.every(({ cost }) => cost === 0))
}

/** The steps of some outcomes as a history of their own, each at its time. */
function retold(history: History, outcomes: readonly Outcome[]): History {
  let nowUs = history.startUs
  const steps: HistoryStep[] = outcomes.flatMap((outcome) => {
    const wait: HistoryStep = { do: 'wait', us: outcome.nowUs - nowUs }
    nowUs = outcome.nowUs
    return [wait, outcome.step]
  })
  return { ...history, steps }
}

const steady = histories({ migrate: [] }).map((history) => ({
  ...history,
  limits: history.limits.map((limit) => ({ ...limit, startsBelow: 0 })),
}))

test('looks, refusals and costs of 0 leave no trace: without them everything else is answered alike', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(steady, async (history) => {
      const outcomes = (await run(history)).filter(({ step }) => step.do !== 'wait' && step.do !== 'waitFor')
      const lasting = outcomes.filter((outcome) => !leavesNoTrace(outcome))
      const again = (await run(retold(history, lasting))).filter(({ step }) => step.do !== 'wait')
      if (!same(again, lasting)) expect(again).toEqual(lasting)
    }),
    { numRuns: 10_000 },
  )
})
