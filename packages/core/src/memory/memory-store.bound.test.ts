import { type History, type Outcome, overAdmission, runHistory } from '@sluice/conformance/store'
import { histories, reservationHistories } from '@sluice/conformance/store/histories'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TokenBucketRule } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryStore } from './memory-store.ts'

async function run(history: History): Promise<Outcome[]> {
  const clock = manualClock()
  return runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
}

test('admits no more in any interval than capacity and rate allow, settlements and refunds included', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(histories({ migrate: [], limits: 1 }), async (history) => {
      expect(overAdmission(history, await run(history))).toBeUndefined()
    }),
    { numRuns: 10_000 },
  )
})

test('admits no more in any interval than the rules allow that were in force in it', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(histories({ migrate: ['keepUsed'], limits: 1 }), async (history) => {
      expect(overAdmission(history, await run(history))).toBeUndefined()
    }),
    { numRuns: 10_000 },
  )
})

test('admits no more in any interval than the largest of these alone, whichever ways the changes take', { timeout: 300_000 }, async () => {
  const ways = ['keepUsed', 'keepRemaining', 'proportional', 'reset'] as const
  await fc.assert(
    fc.asyncProperty(histories({ migrate: ways, limits: 1 }), async (history) => {
      expect(overAdmission(history, await run(history))).toBeUndefined()
    }),
    { numRuns: 10_000 },
  )
})

test('open reservations add nothing, however often the rule changes and the bucket is reset', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(reservationHistories(), async (history) => {
      expect(overAdmission(history, await run(history))).toBeUndefined()
    }),
    { numRuns: 10_000 },
  )
})

test('admits no more than that in real time when the clock steps back again and again', { timeout: 300_000 }, async () => {
  const greedy = histories({ migrate: [], limits: 1, backwards: true, operators: false }).filter(
    ({ rules }) => (rules[0] as TokenBucketRule).mode === 'greedy',
  )
  await fc.assert(
    fc.asyncProperty(greedy, async (history) => {
      const outcomes = await run(history)
      const found = overAdmission(history, inRealTime(outcomes))
      expect(found === undefined ? 0 : found.admitted - found.bound).toBeLessThanOrEqual(givenBackAcross(outcomes))
    }),
    { numRuns: 10_000 },
  )
})

/** The same answers at the times at which they were really given: what a clock steps back takes no time. */
function inRealTime(outcomes: readonly Outcome[]): Outcome[] {
  let realUs = outcomes[0]?.nowUs ?? 0
  return outcomes.map((outcome, i) => {
    realUs += Math.max(0, outcome.nowUs - (outcomes[i - 1]?.nowUs ?? outcome.nowUs))
    return { ...outcome, nowUs: realUs }
  })
}

/**
 * Units that may have been given back of reservations from before a step back. A bucket that moved back with the clock does not remember
 * what it had earned until then, so these may come back although time has repaid them.
 */
function givenBackAcross(outcomes: readonly Outcome[]): number {
  const holds: { units: number; stepsBack: number }[] = []
  let stepsBack = 0
  let across = 0
  outcomes.forEach(({ nowUs, step, held }, i) => {
    if (nowUs < (outcomes[i - 1]?.nowUs ?? nowUs)) stepsBack++
    const givenBack = step.do === 'settle' ? [step.hold] : 'undo' in step ? step.undo : []
    for (const back of givenBack) {
      const hold = holds.at(-1 - back)
      if (hold !== undefined && hold.stepsBack < stepsBack) across += hold.units
    }
    if (held != null) holds.push({ units: held.reduce((sum, units) => sum + units, 0), stepsBack })
  })
  return across
}
