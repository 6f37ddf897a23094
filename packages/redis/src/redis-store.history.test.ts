import { disagreement, type History, overAdmission, runHistory, same } from '@sluice/conformance/store'
import { type HistoriesOptions, histories, reservationHistories } from '@sluice/conformance/store/histories'
import { type Call, memoryStore, type TokenBucketRule } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { certainSteps, watchingStepsBack } from '../test/certain-steps.ts'
import { everyKind } from '../test/every-kind.ts'
import { redisOfFile } from '../test/redis-of-file.ts'

const { stores } = await redisOfFile()

/** Both stores are given the same history; every field of every answer must be the same. */
async function agrees(history: History): Promise<void> {
  const clock = manualClock()
  const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
  expectSame(await runHistory(stores.empty(), history), inMemory)
}

/** `toEqual` takes longer than a history in Redis, so it only describes a difference. */
function expectSame(inRedis: unknown, inMemory: unknown): void {
  if (!same(inRedis, inMemory)) expect(inRedis).toEqual(inMemory)
}

test('answers every field of every call as the memory store does', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(histories(), agrees), { numRuns: 1500 })
})

test('answers as the exact model does when the clock steps back and forth', { timeout: 300_000 }, async () => {
  const agreesWithModel = async (history: History): Promise<void> => {
    expect(await disagreement(stores.empty(), history)).toBeUndefined()
  }
  await fc.assert(fc.asyncProperty(histories({ backwards: true }), agreesWithModel), { numRuns: 1000 })
})

test('open reservations add nothing, however often the rule changes and the bucket is reset', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(reservationHistories(), async (history) => {
      expect(overAdmission(history, await runHistory(stores.empty(), history))).toBeUndefined()
      await agrees(history)
    }),
    { numRuns: 500 },
  )
})

/** Histories with rules of every kind, which change from each to each. */
function ofKinds(options: HistoriesOptions): fc.Arbitrary<History> {
  return fc.tuple(histories(options), fc.array(fc.constantFrom(...everyKind), { minLength: 3, maxLength: 3 })).map(([history, chosen]) => {
    const rules = history.rules.map((rule, i) => chosen[i]!(rule as TokenBucketRule))
    // A bucket that starts with less is forgotten by its expiry, which is true to the calendar and here waits for the server's own clock.
    const byCalendar = rules.some(({ kind }) => kind === 'calendar-window')
    return { ...history, rules, limits: history.limits.map((limit) => (byCalendar ? { ...limit, startsBelow: 0 } : limit)) }
  })
}

test('decides every kind of rule as the memory store does, and changes from each to each', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(ofKinds({}), agrees), { numRuns: 1000 })
})

test('decides every kind of rule as the memory store does when the clock steps back and forth', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(ofKinds({ backwards: true }), async (history) => {
      const clock = manualClock()
      const watched = watchingStepsBack(history)
      const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, watched)
      const inRedis = await runHistory(stores.empty(), watched)
      const certain = certainSteps(watched, inMemory, inRedis)
      expectSame(inRedis.slice(0, certain), inMemory.slice(0, certain))
    }),
    { numRuns: 1000 },
  )
})

test('decides calls that go together as if they came one after the other', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(ofKinds({ operators: false }), async (history) => {
      const clock = manualClock()
      const alone = memoryStore({ clock })
      const { store, setNowUs } = stores.empty()
      clock.setUs(history.startUs)
      setNowUs(history.startUs)
      const calls = callsOf(history)
      const inRedis = await Promise.all(calls.map((call) => store.decide(call)))
      expectSame(
        inRedis,
        calls.map((call) => alone.decide(call)),
      )
    }),
    { numRuns: 300 },
  )
})

/** What a history consumes and peeks at. */
function callsOf({ steps, limits, rules, migrate }: History): Call[] {
  return steps.flatMap((step) => {
    if (step.do !== 'consume' && step.do !== 'peek') return []
    const charges = step.asks.map(({ limit, key, rule: at, version, cost }) => {
      const { facts, startsBelow } = limits[limit]!
      const rule = rules[at]!
      return { limit: facts, key, terms: { rule, initial: Math.max(0, rule.capacity - startsBelow), version }, cost }
    })
    return [{ action: step.do, charges, undo: [], migrate: step.migrate ?? migrate }]
  })
}
