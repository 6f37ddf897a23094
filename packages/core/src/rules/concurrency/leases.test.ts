import { expect, test } from 'vitest'
import { countLeases, noLeases, renewLease, takeLease } from './leases.ts'

test('the first end is found again when the first has expired', () => {
  const leases = noLeases(0)
  takeLease(leases, 'short', 10, 0)
  takeLease(leases, 'long', 30, 0)
  expect([countLeases(leases, 9), leases.firstEnd, leases.lastEnd]).toEqual([2, 10, 30])
  expect([countLeases(leases, 10), leases.firstEnd]).toEqual([1, 30])
  expect([countLeases(leases, 30), leases.firstEnd]).toEqual([0, Number.POSITIVE_INFINITY])
})

test('a prolonged lease lasts its own length again', () => {
  const leases = noLeases(0)
  takeLease(leases, 'a', 10, 0)
  expect(renewLease(leases, 'a', 9)).toBe(true)
  expect([countLeases(leases, 18), countLeases(leases, 19)]).toEqual([1, 0])
  expect(renewLease(leases, 'a', 19)).toBe(false)
})

test('a step back of the clock shortens what would last longer than it may, and nothing else', () => {
  const leases = noLeases(100)
  takeLease(leases, 'a', 10, 100)
  takeLease(leases, 'b', 50, 60)
  expect([countLeases(leases, 65), leases.firstEnd, leases.lastEnd]).toEqual([2, 75, 110])
})
