import { memoryStore, type Store, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { describe, expect, test } from 'vitest'
import { overAdmission } from './audit.ts'
import { type Ask, type History, type HistoryStep, runHistory } from './history.ts'

const ten = tokenBucket({ capacity: 10, per: '1s' })
const five = tokenBucket({ capacity: 5, per: '1s' })
const facts = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const

function history(...steps: HistoryStep[]): History {
  return { startUs: Date.UTC(2026, 0, 1) * 1000, limits: [{ facts, startsBelow: 0 }], rules: [ten, five], migrate: 'keepUsed', steps }
}

function asks(cost: number, rule: number = 0): Ask[] {
  return [{ limit: 0, key: 'ann', rule, version: 0, cost }]
}

const consume = (cost: number, rule?: number): HistoryStep => ({ do: 'consume', asks: asks(cost, rule), undo: [] })
const reserve = (cost: number): HistoryStep => ({ do: 'reserve', asks: asks(cost), undo: [] })
const settle = (...actual: number[]): HistoryStep => ({ do: 'settle', hold: 0, actual })
const wait = (ms: number): HistoryStep => ({ do: 'wait', us: ms * 1000 })

/** What the audit finds in a store that forgets its buckets between any two steps, and so admits everything. */
async function foundInAmnesia(...steps: HistoryStep[]) {
  const store = memoryStore({ clock: manualClock() })
  const forgetful: Store = {
    ...store,
    decide(call) {
      store.clear()
      return store.decide(call)
    },
  }
  const played = history(...steps)
  return overAdmission(played, await runHistory({ store: forgetful, setNowUs: () => undefined }, played))
}

describe('an interval with too much in it is found', () => {
  test('at one moment', async () => {
    expect(await foundInAmnesia(consume(10), consume(1))).toMatchObject({ bucket: 'user ann', admitted: 11, bound: 10 })
  })

  test('over time, to the unit', async () => {
    expect(await foundInAmnesia(consume(10), wait(500), consume(5))).toBeUndefined()
    expect(await foundInAmnesia(consume(10), wait(499), consume(5))).toMatchObject({ admitted: 15, bound: 14.99 })
  })

  test('that starts later than the first admission', async () => {
    expect(await foundInAmnesia(consume(1), wait(60_000), consume(10), wait(100), consume(2))).toMatchObject({ admitted: 12, bound: 11 })
  })

  test('under the capacity that decided last', async () => {
    expect(await foundInAmnesia(consume(4), consume(2, 1))).toMatchObject({ admitted: 6, bound: 5 })
  })

  test('at the rate that was in force, which a changed rule enters with its first decision', async () => {
    expect(await foundInAmnesia(consume(4), wait(100), consume(2, 1))).toBeUndefined()
    expect(await foundInAmnesia(consume(4), wait(100), consume(2, 1), wait(100), consume(1, 1))).toMatchObject({ admitted: 7, bound: 6.5 })
  })
})

describe('an interval is not blamed', () => {
  test('for what was given back', async () => {
    expect(await foundInAmnesia(reserve(10), settle(0), consume(10))).toBeUndefined()
    expect(await foundInAmnesia(reserve(10), settle(4), consume(6))).toBeUndefined()
    expect(await foundInAmnesia(reserve(10), settle(4), consume(7))).toMatchObject({ admitted: 11, bound: 10 })
  })

  test('for what operators give', async () => {
    const refund: HistoryStep = { do: 'refund', asks: asks(3) }
    expect(await foundInAmnesia(consume(10), refund, consume(3))).toBeUndefined()
    expect(await foundInAmnesia(consume(10), refund, consume(4))).toMatchObject({ admitted: 14, bound: 13 })
  })

  test('for what a change forgave, where only the history says that changes do', async () => {
    const clock = manualClock()
    const played: History = { ...history(consume(6), { do: 'drain', ask: asks(0, 1)[0]! }), migrate: 'proportional' }
    const outcomes = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, played)
    expect(outcomes.map(({ verdict }) => verdict!.limits[0])).toMatchObject([{ cost: 6 }, { cost: 2, allowed: true }])
    expect(overAdmission(played, outcomes)).toBeUndefined()
  })

  test('for a peek', async () => {
    expect(await foundInAmnesia({ do: 'peek', asks: asks(10), undo: [] }, consume(10))).toBeUndefined()
  })
})

test('a debt counts where it is charged', async () => {
  expect(await foundInAmnesia(reserve(2), settle(6), consume(4))).toBeUndefined()
  expect(await foundInAmnesia(reserve(2), settle(6), consume(5))).toMatchObject({ admitted: 11, bound: 10 })
})

test('a right store is never blamed, though its buckets run dry', async () => {
  const clock = manualClock()
  const played = history(...Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? wait(70) : consume(1 + (i % 4)))))
  const outcomes = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, played)
  expect(outcomes.some(({ verdict }) => verdict?.allowed === false)).toBe(true)
  expect(overAdmission(played, outcomes)).toBeUndefined()
})
