import { expect, test } from 'vitest'
import { createLimiter } from '../limiter/limiter.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { markGuarded } from '../store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'

test.each<[what: string, around: (store: MemoryStore) => MemoryStore]>([
  ['the store itself', (store) => store],
  ['a copy of it', (store) => markGuarded({ ...store })],
])('open reservations add nothing where all is cleared again and again: on %s', (_, around) => {
  const store = around(memoryStore({ clock: manualClock() }))
  const limiter = createLimiter<void>({ store, limits: [{ name: 'all', by: () => 'k', rule: tokenBucket({ capacity: 10, per: '1h' }) }] })
  const left = (): number => limiter.peek().limits[0]!.remaining
  const open = Array.from({ length: 5 }, () => {
    store.clear()
    limiter.consume(undefined, { cost: 1 })
    return limiter.reserve(undefined, { cost: 9 })
  })
  const latest = open.pop()!
  for (const reservation of open) reservation.cancel()
  expect(left()).toBe(0)
  latest.cancel()
  expect(left()).toBe(9)
})
