import { expect, test } from 'vitest'
import { andThen, isPromise } from './maybe-promise.ts'

test('tells answers that come later by their `then`', () => {
  // biome-ignore lint/suspicious/noThenProperty: a thenable that is no promise is what is told apart
  const [bare, odd] = [{ then: () => 1 }, { then: 1 }]
  expect([Promise.resolve(1), bare].map((value) => isPromise(value as never))).toEqual([true, true])
  for (const value of [1, null, undefined, 'then', odd, () => 1]) expect(isPromise(value as never)).toBe(false)
})

test('goes on at once with what is there, and later with what is not', async () => {
  expect(andThen(2, (n) => n + 1)).toBe(3)
  const later = andThen(Promise.resolve(2), (n) => n + 1)
  expect(isPromise(later)).toBe(true)
  expect(await later).toBe(3)
})
