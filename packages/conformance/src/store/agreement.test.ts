import { type Call, memoryStore, tokenBucket, type Verdict } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import { disagreement } from './agreement.ts'
import type { History, HistoryStep } from './history.ts'
import { same } from './same.ts'

const facts = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
const consume: HistoryStep = { do: 'consume', asks: [{ limit: 0, key: 'ann', rule: 0, version: 0, cost: 1 }], undo: [] }

function history(...steps: HistoryStep[]): History {
  const rules = [tokenBucket({ capacity: 2, per: '1s' })]
  return { startUs: Date.UTC(2026, 0, 1) * 1000, limits: [{ facts, startsBelow: 0 }], rules, migrate: 'keepUsed', steps }
}

test('a right store agrees with the model', async () => {
  const clock = manualClock()
  const played = history(consume, consume, consume, { do: 'wait', us: 500_000 }, consume)
  expect(await disagreement({ store: memoryStore({ clock }), setNowUs: clock.setUs }, played)).toBeUndefined()
})

test('the first step at which a store is off by one field is shown, with what was wanted', async () => {
  const clock = manualClock()
  const store = memoryStore({ clock })
  let calls = 0
  const off = (verdict: Verdict): Verdict => ({
    ...verdict,
    limits: verdict.limits.map((status) => ({ ...status, resetAfterMs: status.resetAfterMs + 1 })),
  })
  const subject = {
    store: { ...store, decide: (call: Call) => (++calls === 3 ? off(store.decide(call)) : store.decide(call)) },
    setNowUs: clock.setUs,
  }
  const found = await disagreement(subject, history(consume, consume, consume, consume))
  expect(found!.seen.length).toBe(3)
  expect(found!.wanted.verdict!.limits[0]!.resetAfterMs).toBe(1000)
  expect(found!.seen[2]!.verdict!.limits[0]!.resetAfterMs).toBe(1001)
})

test('a bucket that a store may have forgotten before the clock stepped back ends the comparison', async () => {
  const peek: HistoryStep = { do: 'peek', asks: [{ limit: 0, key: 'bob', rule: 0, version: 0, cost: 1 }], undo: [] }
  const forgetsAfter = async (us: number): Promise<number | undefined> => {
    const clock = manualClock()
    const store = memoryStore({ clock })
    const decide = (call: Call): Verdict => {
      if (call.action === 'peek') store.clear()
      return store.decide(call)
    }
    const played = history(consume, { do: 'wait', us }, peek, { do: 'wait', us: -us }, consume)
    return (await disagreement({ store: { ...store, decide }, setNowUs: clock.setUs }, played))?.seen.length
  }
  expect([await forgetsAfter(500_000), await forgetsAfter(499_999)]).toEqual([undefined, 5])
})

test.each<[unknown, unknown, boolean]>([
  [1, 1, true],
  [Number.NaN, Number.NaN, true],
  [null, null, true],
  [null, {}, false],
  [undefined, null, false],
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
  [{ a: 1 }, { a: 1, b: undefined }, false],
  [{ a: undefined }, { b: undefined }, false],
  [[1, 2], [1, 2, 3], false],
  ['1', 1, false],
])('%j and %j are the same: %s', (a, b, alike) => {
  expect([same(a, b), same(b, a)]).toEqual([alike, alike])
})
