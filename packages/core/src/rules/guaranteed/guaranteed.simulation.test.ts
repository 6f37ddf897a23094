import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLimiter } from '../../limiter/limiter.ts'
import type { SyncLimiter } from '../../limiter/limiter-contract.ts'
import { memoryStore } from '../../memory/memory-store.ts'
import { manualClock } from '../../testing/manual-clock.ts'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { guaranteedShareOf } from '../guaranteed/guaranteed-share.ts'

const capacity = 1000
const guarantee = 50
const modest = Array.from({ length: 9 }, (_, i) => `modest ${i}`)

interface Api {
  readonly limiter: SyncLimiter<string>
  /** Lets a second pass in which these are asked for in this order; returns how many each was granted. */
  second(asks: readonly string[]): Map<string, number>
}

/** An API of 1,000 calls a second, of which each application is guaranteed 50. */
function api(): Api {
  const clock = manualClock()
  const limiter = createLimiter<string>({
    store: memoryStore({ clock }),
    limits: [
      { name: 'api', by: () => 'search', rule: fixedWindow({ capacity, per: '1s' }), disclose: false },
      { name: 'application', by: (app) => ['search', app], rule: guaranteedShareOf('api', guarantee / capacity) },
    ],
  })
  const second = (asks: readonly string[]): Map<string, number> => {
    const granted = new Map<string, number>()
    const start = clock.nowMs() * 1000
    for (const [i, app] of asks.entries()) {
      clock.setUs(start + Math.floor((i * 1_000_000) / asks.length))
      if (limiter.consume(app).allowed) granted.set(app, (granted.get(app) ?? 0) + 1)
    }
    clock.setUs(start + 1_000_000)
    return granted
  }
  return { limiter, second }
}

function times(count: number, ...apps: string[]): string[] {
  return apps.flatMap((app) => Array.from({ length: count }, () => app))
}

/** All the greedy one asks for, fifty times what the others do, in a second. */
const greed = times(50 * guarantee, 'greedy')

/** Puts the asks of a second into an order that the numbers say. */
function shuffled(asks: readonly string[], order: readonly number[]): string[] {
  const ranked = asks.map((app, i) => ({ app, rank: order[i % order.length]! * (i + 1) * 2_654_435_761 }))
  return ranked.sort((a, b) => (a.rank % 1_000_003) - (b.rank % 1_000_003)).map(({ app }) => app)
}

describe('one greedy application at fifty times, and nine modest ones', () => {
  test.each<[string, (asks: string[]) => string[]]>([
    ['the greedy one comes first in every period', (asks) => [...greed, ...asks]],
    ['the greedy one comes last', (asks) => [...asks, ...greed]],
    ['they take turns', (asks) => shuffled([...asks, ...greed], [7, 3, 11, 5, 13])],
  ])('%s: the modest ones lose nothing, and it gets all that they leave', (_, inOrder) => {
    const { second } = api()
    second(modest)
    for (let i = 0; i < 20; i++) {
      const granted = second(inOrder(times(guarantee, ...modest)))
      for (const app of modest) expect(granted.get(app)).toBe(guarantee)
      expect(granted.get('greedy')).toBe(capacity - 9 * guarantee)
    }
  })

  test('lose nothing in any order, ask for as little as they may, and the capacity is never exceeded', () => {
    const demands = fc.array(fc.nat({ max: guarantee }), { minLength: 9, maxLength: 9 })
    const order = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 9 })
    fc.assert(
      fc.property(fc.array(fc.record({ demands, order }), { minLength: 1, maxLength: 4 }), (seconds) => {
        const { second } = api()
        let expected = new Set<string>(modest)
        second(modest)
        for (const { demands: wanted, order: by } of seconds) {
          const granted = second(shuffled([...modest.flatMap((app, i) => times(wanted[i]!, app)), ...greed], by))
          const sum = [...granted.values()].reduce((a, b) => a + b, 0)
          expect(sum).toBeLessThanOrEqual(capacity)
          const used = modest.reduce((all, app) => all + (granted.get(app) ?? 0), 0)
          modest.forEach((app, i) => {
            // Who has not asked for more than a period is kept nothing until it asks.
            if (expected.has(app)) expect(granted.get(app) ?? 0).toBe(wanted[i])
          })
          // What is kept for those who then do not come is all that is lost.
          expect(granted.get('greedy')!).toBeGreaterThanOrEqual(capacity - Math.max(used, 9 * guarantee))
          expected = new Set(modest.filter((_app, i) => wanted[i]! > 0))
        }
      }),
      { numRuns: 25 },
    )
  })

  test('when the modest ones go silent, the greedy one has everything a period later', () => {
    const { second } = api()
    second(modest)
    const seen = [1, 2, 3].map(() => second(greed).get('greedy'))
    expect(seen).toEqual([capacity - 9 * guarantee, capacity, capacity])
  })

  test('who comes back finds what is left, and from the next period on its guarantee', () => {
    const { second } = api()
    second(greed)
    expect(second([...greed, ...times(guarantee, 'modest 0')]).get('modest 0')).toBeUndefined()
    expect(second([...greed, ...times(guarantee, 'modest 0')]).get('modest 0')).toBe(guarantee)
  })

  test('two greedy ones share what is left as they come, beyond a guarantee for each', () => {
    const { second } = api()
    second(['greedy', 'other'])
    const granted = second([...greed, ...times(2500, 'other')])
    expect([granted.get('greedy'), granted.get('other')]).toEqual([capacity - guarantee, guarantee])
  })

  test('without guarantees, the greedy one leaves nothing', () => {
    const clock = manualClock()
    const plain = createLimiter({
      store: memoryStore({ clock }),
      limits: [{ name: 'api', by: () => 'search', rule: fixedWindow({ capacity, per: '1s' }) }],
    })
    for (let i = 0; i < greed.length; i++) plain.consume()
    expect(plain.consume().allowed).toBe(false)
  })
})
