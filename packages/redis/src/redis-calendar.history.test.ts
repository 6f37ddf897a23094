/** Windows of the calendar over any number of them: days, weeks, months and years, over changes of clocks and of the rule, as in memory. */
import { type History, type HistoryStep, runHistory, same } from '@sluice/conformance/store'
import { type CalendarPeriod, type CountingRule, fixedWindow, memoryStore } from '@sluice/core'
import { calendarWindowKind } from '@sluice/core/internal'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redisOfFile } from '../test/redis-of-file.ts'

const { stores } = await redisOfFile()

const dayUs = 86_400_000_000
const zones = ['UTC', 'Asia/Seoul', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Havana', 'Antarctica/Troll']

/** Windows, and shares of them by which a unit takes up to some hundred windows to come back. */
const rules: fc.Arbitrary<CountingRule> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 9 }),
    per: fc.constantFrom<CalendarPeriod>('day', 'day', 'week', 'month', 'year'),
    timeZone: fc.constantFrom(...zones),
    denominator: fc.constantFrom(1, 1, 3, 10, 100),
  })
  .map(({ capacity, per, timeZone, denominator }) => {
    const rule = fixedWindow({ capacity, per, timeZone })
    // Beyond 142 years a debt would need more than 53 bits.
    const within = per === 'year' ? Math.min(denominator, 10) : denominator
    return within === 1 ? rule : calendarWindowKind.part(rule, { numerator: 1, denominator: within })
  })

function stepsOf(count: number): fc.Arbitrary<HistoryStep> {
  const ask = (cost: fc.Arbitrary<number>) =>
    fc.record({ limit: fc.constant(0), key: fc.constant('a'), rule: fc.nat(count - 1), version: fc.constant(0), cost })
  const migrate = fc.constantFrom('keepUsed' as const, 'keepUsed' as const, 'keepRemaining' as const)
  const call = (action: 'consume' | 'reserve', most: number) =>
    fc.record({ do: fc.constant(action), asks: ask(fc.integer({ min: 0, max: most })).map((one) => [one]), undo: fc.constant([]), migrate })
  const days = (most: number) => fc.nat(most).map((number) => number * dayUs)
  return fc.oneof(
    { weight: 6, arbitrary: call('consume', 6) },
    { weight: 2, arbitrary: call('reserve', 3) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), hold: fc.nat(1), actual: fc.constantFrom([0], [1], [300]) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const), ask: ask(fc.constant(0)) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), us: fc.oneof(fc.nat(dayUs), days(5), days(120), days(800)) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('waitFor' as const),
        field: fc.constantFrom('retryAfterMs' as const, 'replenishAfterMs' as const, 'resetAfterMs' as const),
        plusUs: fc.constantFrom(0, 0, -1),
      }),
    },
    { weight: 1, arbitrary: ask(fc.constant(0)).map((one): HistoryStep => ({ do: 'inspect', ask: one })) },
  )
}

const facts = { name: 'calls', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
const startUs = Date.UTC(2026, 0, 1) * 1000

const calendarHistories: fc.Arbitrary<History> = fc.array(rules, { minLength: 1, maxLength: 3 }).chain((list) =>
  fc.record({
    startUs: fc.nat(365).map((days) => startUs + days * dayUs),
    limits: fc.constant([{ facts, startsBelow: 0 }]),
    rules: fc.constant(list),
    migrate: fc.constant('keepUsed' as const),
    steps: fc.array(stepsOf(list.length), { minLength: 1, maxLength: 20, size: 'max' }),
  }),
)

test('answers as the memory store does over any number of windows', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(calendarHistories, async (history) => {
      const clock = manualClock()
      const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
      const inRedis = await runHistory(stores.empty(), history)
      if (!same(inRedis, inMemory)) expect(inRedis).toEqual(inMemory)
    }),
    { numRuns: 500 },
  )
})
