import fc from 'fast-check'
import { expect, test } from 'vitest'
import { busiest } from './busiest.ts'

test('counts exactly while there are few names, the most frequent first', () => {
  const names = busiest(10)
  for (const name of ['b', 'a', 'b', 'c', 'a', 'b']) names.add(name)
  expect([names.top(2), names.missed]).toEqual([
    [
      { name: 'b', count: 3 },
      { name: 'a', count: 2 },
    ],
    0,
  ])
})

test('never counts too much, and too little by at most what it says, however many names there are', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.integer({ min: 0, max: 60 }).map((n) => String(Math.floor(n ** 2 / 60))),
        { minLength: 50, maxLength: 500 },
      ),
      (stream) => {
        const names = busiest(5)
        const exact = new Map<string, number>()
        for (const name of stream) {
          names.add(name)
          exact.set(name, (exact.get(name) ?? 0) + 1)
        }
        const counts = new Map(names.top(100).map(({ name, count }) => [name, count]))
        expect(counts.size).toBeLessThanOrEqual(10)
        expect(names.missed).toBeLessThanOrEqual(stream.length / 5)
        for (const [name, count] of exact) {
          expect(counts.get(name) ?? 0).toBeLessThanOrEqual(count)
          expect((counts.get(name) ?? 0) + names.missed).toBeGreaterThanOrEqual(count)
        }
      },
    ),
  )
})
