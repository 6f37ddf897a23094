/** What a pool remembers of callers is bounded, however many call. */
import { manualClock } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import type { Tier } from './pool-options.ts'
import { createSharedCap } from './shared-cap.ts'
import { createTiers } from './tiers.ts'

const heavy = { above: 0.3, afterMs: 5000, below: 0.1, backAfterMs: 10_000 }

function tiersOf(most: number) {
  const clock = manualClock()
  const moves: (readonly [string, Tier])[] = []
  const changed = (caller: string, tier: Tier): void => void moves.push([caller, tier])
  const tiers = createTiers({ byPlan: () => undefined, heavy, windowMs: 1000, most, clock, changed })
  /** A caller that uses so much of each window for some time. */
  const use = (caller: string, share: number, forMs: number): void => {
    for (let ms = 0; ms < forMs; ms += 100) {
      tiers.used(caller, share / 10)
      clock.advance(100)
    }
  }
  return { tiers, clock, moves, use }
}

test('a caller is heavy after its time above, and light after its time below; between the two shares it stays what it is', () => {
  const { tiers, clock, moves, use } = tiersOf(10)
  use('ada', 0.5, 4000)
  expect(tiers.tierOf('ada')).toBe('shared')
  use('ada', 0.2, 1000)
  use('ada', 0.5, 2000)
  expect(tiers.tierOf('ada')).toBe('dedicated')
  use('ada', 0.2, 60_000)
  expect(tiers.tierOf('ada')).toBe('dedicated')
  use('ada', 0.02, 8000)
  use('ada', 0.2, 3000)
  use('ada', 0.02, 9000)
  expect(tiers.tierOf('ada')).toBe('dedicated')
  clock.advance(3000)
  expect(tiers.tierOf('ada')).toBe('shared')
  expect(moves).toEqual([
    ['ada', 'dedicated'],
    ['ada', 'shared'],
  ])
})

test('bursts with pauses in which the use falls below do not add up', () => {
  const { tiers, clock, use } = tiersOf(10)
  for (let i = 0; i < 10; i++) {
    use('ada', 0.5, 2000)
    clock.advance(4000)
  }
  expect(tiers.tierOf('ada')).toBe('shared')
})

test('a flood of strangers makes no heavy caller light, and takes the place of callers that have gone quiet', () => {
  const { tiers, clock, use } = tiersOf(20)
  use('heavy', 0.5, 8000)
  for (let i = 0; i < 10_000; i++) {
    tiers.used(`stranger ${i}`, 0.00001)
    clock.advance(i % 10 === 0 ? 1 : 0)
    if (i % 100 === 0) tiers.used('heavy', 0.4)
  }
  expect(tiers.tierOf('heavy')).toBe('dedicated')
  use('newcomer', 0.5, 8000)
  expect(tiers.tierOf('newcomer')).toBe('dedicated')
})

test('a cap holds in every window whatever the calls cost, and strangers beyond those it knows are not capped', () => {
  const clock = manualClock()
  const cap = createSharedCap(0.25, 1000, 2, () => clock.nowMs())
  const sent: (readonly [atMs: number, share: number])[] = []
  for (let i = 0; i < 2000; i++) {
    const share = ((i * 7) % 10) / 100
    const taken = cap.take('ada', share)
    if (typeof taken === 'function') sent.push([clock.nowMs(), share])
    else expect(taken).toBeGreaterThan(0)
    clock.advance(7)
  }
  for (const [fromMs] of sent) {
    const inWindow = sent.filter(([atMs]) => atMs >= fromMs && atMs < fromMs + 1000)
    expect(inWindow.reduce((sum, [, share]) => sum + share, 0)).toBeLessThanOrEqual(0.25 + 1e-9)
  }
  cap.take('bob', 0.1)
  for (let i = 0; i < 100; i++) expect(cap.take('eve', 0.2)).toBeTypeOf('function')
})
