import type { Reservation } from '@sluice/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepSlots } from './keep-slots.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A reservation whose renewals are answered in turn, the last answer again and again. */
function reservation(...answers: (() => boolean | Promise<boolean>)[]): { reservation: Reservation; renewals(): number } {
  let count = 0
  const renew = (): boolean | Promise<boolean> => (answers[count++] ?? answers.at(-1)!)()
  return { reservation: { renew } as Reservation, renewals: () => count }
}

const fail = (): never => {
  throw new Error('no store')
}

test('goes on renewing whatever fails, and ends only when the slots are known to be lost', async () => {
  const { reservation: kept, renewals } = reservation(
    () => true,
    fail,
    () => Promise.reject(new Error('late')),
    () => new Promise(() => {}),
    () => Promise.resolve(true),
    () => false,
  )
  const failed = vi.fn()
  keepSlots(kept, 3000, failed)
  await vi.advanceTimersByTimeAsync(20_000)
  expect([renewals(), failed.mock.calls.length]).toEqual([6, 2])
})

test('ends when it is told to', async () => {
  const { reservation: kept, renewals } = reservation(() => true)
  const stop = keepSlots(kept, 3000, () => {})
  await vi.advanceTimersByTimeAsync(2500)
  stop()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(renewals()).toBe(2)
})
