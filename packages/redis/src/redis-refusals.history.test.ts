/** A store that remembers refusals decides as one that asks Redis for every call, over random histories of one process. */
import { type History, type HistoryStep, type Outcome, runHistory, same } from '@sluice/conformance/store'
import { histories, reservationHistories } from '@sluice/conformance/store/histories'
import { memoryStore, type TokenBucketRule } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { everyKind } from '../test/every-kind.ts'
import { redisOfFile } from '../test/redis-of-file.ts'

const { stores } = await redisOfFile()
let remembered = 0

/** What a remembered refusal knows must be what Redis would have said. */
function expectAlike(withMemory: readonly Outcome[], inMemory: readonly Outcome[]): void {
  for (const [i, outcome] of withMemory.entries()) {
    const wanted = inMemory[i]!
    const { verdict } = outcome
    if (verdict?.decidedBy !== 'cache') {
      if (!same(outcome, wanted)) expect(outcome).toEqual(wanted)
      continue
    }
    remembered += 1
    const limits = wanted.verdict!.limits.filter(({ name }) => verdict.limits.some((known) => known.name === name))
    const known = { ...wanted, verdict: { ...wanted.verdict!, limits, decidedBy: 'cache' as const } }
    if (!same(outcome, known)) expect(outcome).toEqual(known)
  }
}

/** The same history with callers who ask again and again, also for more and for less. Only the first limit may ban. */
function insistent(history: History): History {
  const waitsUs = [0, 1, 400, 30_000, 120_000]
  const again = (step: HistoryStep, i: number): HistoryStep[] => {
    if ((step.do !== 'consume' && step.do !== 'reserve') || step.undo.length > 0) return [step]
    const less = step.asks.map(({ upTo: _, ...ask }) => ({ ...ask, cost: Math.floor(ask.cost / 2) }))
    const wait = (at: number): HistoryStep => ({ do: 'wait', us: waitsUs[at % waitsUs.length]! })
    return [step, wait(i), step, wait(i + 1), { ...step, asks: less }, wait(i + 3), step]
  }
  const limits = history.limits.map((limit, i) =>
    i === 0 ? limit : { ...limit, startsBelow: 0, facts: { ...limit.facts, ban: undefined } },
  )
  return { ...history, limits, steps: history.steps.flatMap(again) }
}

async function agrees(history: History): Promise<void> {
  const clock = manualClock()
  const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, insistent(history))
  expectAlike(await runHistory(stores.remembering(), insistent(history)), inMemory)
}

test('agrees where callers, operators and rule changes follow each other in any order', { timeout: 300_000 }, async () => {
  remembered = 0
  await fc.assert(fc.asyncProperty(histories({ steps: 15 }), agrees), { numRuns: 1000 })
  expect(remembered).toBeGreaterThan(20)
})

test('agrees for rules of every kind', { timeout: 300_000 }, async () => {
  const ofKinds = fc
    .tuple(histories({ steps: 15, limits: 2 }), fc.array(fc.constantFrom(...everyKind), { minLength: 3, maxLength: 3 }))
    .map(([history, chosen]): History => {
      const rules = history.rules.map((rule, i) => chosen[i]!(rule as TokenBucketRule))
      return { ...history, rules, limits: history.limits.map((limit) => ({ ...limit, startsBelow: 0 })) }
    })
  remembered = 0
  await fc.assert(fc.asyncProperty(ofKinds, agrees), { numRuns: 1000 })
  expect(remembered).toBeGreaterThan(20)
})

test('agrees where reservations are settled, and rules are changed and buckets reset', { timeout: 300_000 }, async () => {
  remembered = 0
  await fc.assert(fc.asyncProperty(reservationHistories(), agrees), { numRuns: 500 })
  expect(remembered).toBeGreaterThan(5)
})
