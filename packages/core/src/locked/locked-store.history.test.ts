/** A store of rows answers as the memory store does, over random histories with rules of every kind. */
import { disagreement, type History, runHistory } from '@sluice/conformance/store'
import { guaranteedHistories, type HistoriesOptions, histories, reservationHistories } from '@sluice/conformance/store/histories'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyRule } from '../../test/any-rule.ts'
import { rowsInMemory } from '../../test/rows-in-memory.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { manualClock } from '../testing/manual-clock.ts'

/** Both stores are given the same history; every field of every answer must be the same. */
async function agrees(history: History): Promise<void> {
  const clock = manualClock()
  const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
  expect(await runHistory(rowsInMemory(), history)).toEqual(inMemory)
}

/** Histories with rules of every kind, which change from each to each. */
function ofKinds(options: HistoriesOptions): fc.Arbitrary<History> {
  return fc.tuple(histories(options), fc.array(anyRule, { minLength: 3, maxLength: 3 })).map(([history, chosen]) => {
    return { ...history, rules: history.rules.map((_, i) => chosen[i]!) }
  })
}

test('answers every field of every call as the memory store does', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(histories(), agrees), { numRuns: 50 })
})

test('decides every kind of rule as the memory store does, and changes from each to each', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(ofKinds({}), agrees), { numRuns: 100 })
})

test('settles reservations as the memory store does, however often rules change and buckets are reset', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(reservationHistories(), agrees), { numRuns: 50 })
})

test('guarantees shares as the memory store does', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(guaranteedHistories(), agrees), { numRuns: 40 })
})

test('answers as the exact model does when the clock steps back and forth', { timeout: 300_000 }, async () => {
  const agreesWithModel = async (history: History): Promise<void> => {
    expect(await disagreement(rowsInMemory({ isBackwards: true }), history)).toBeUndefined()
  }
  await fc.assert(fc.asyncProperty(histories({ backwards: true }), agreesWithModel), { numRuns: 40 })
})
