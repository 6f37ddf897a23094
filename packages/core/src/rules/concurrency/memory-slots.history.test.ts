import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLimiter } from '../../limiter/limiter.ts'
import type { SyncLimiter } from '../../limiter/limiter-contract.ts'
import type { SyncReservation } from '../../limiter/reservation.ts'
import { memoryStore } from '../../memory/memory-store.ts'
import { manualClock } from '../../testing/manual-clock.ts'
import { concurrency } from './concurrency.ts'

const clock = manualClock()

function threeAtOnce(): SyncLimiter<string> {
  const rule = concurrency({ capacity: 3, lease: '10s' })
  return createLimiter<string>({ store: memoryStore({ clock }), limits: [{ name: 'uploads', by: (user) => user, rule }] })
}

const free = (limiter: SyncLimiter<string>, user: string): number => limiter.peek(user).limits[0]!.remaining

interface ListedLease {
  readonly user: string
  readonly reservation: SyncReservation
  until: number
}

/** Renews a lease, or settles it, and keeps the list; what the store says of it must be what the list says. */
function change(lease: ListedLease, how: 'settle' | 'renew'): void {
  const alive = lease.until > clock.nowMs()
  if (how === 'renew') expect(lease.reservation.renew()).toBe(alive)
  else lease.reservation.settle(1)
  if (how === 'settle') lease.until = 0
  else if (alive) lease.until = clock.nowMs() + 10_000
}

test('any order of reserving, settling, renewing and waiting leaves as many slots as a list of leases would', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('reserve' as const), user: fc.constantFrom('a', 'b') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'renew' as const), which: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(12_000) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const limiter = threeAtOnce()
      const listed: ListedLease[] = []
      const live = (user: string): number => listed.filter((lease) => lease.user === user && lease.until > clock.nowMs()).length
      for (const next of steps) {
        if (next.do === 'wait') clock.advance(next.ms)
        else if (next.do === 'reserve') {
          const reservation = limiter.reserve(next.user)
          expect(reservation.decision.allowed).toBe(live(next.user) < 3)
          if (reservation.decision.allowed) listed.push({ user: next.user, reservation, until: clock.nowMs() + 10_000 })
        } else if (listed[next.which] !== undefined) change(listed[next.which]!, next.do)
        for (const user of ['a', 'b']) expect(free(limiter, user)).toBe(3 - live(user))
      }
    }),
    { numRuns: 500 },
  )
})
