import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keySketch, recentKeys, sumOfCounts } from './top-keys.ts'

test('counts exactly while there is room', () => {
  const sketch = keySketch(3)
  for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) sketch.add(id, 1)
  expect([...sketch.counts()].sort((x, y) => y.count - x.count)).toEqual([
    { id: 'a', count: 3, over: 0 },
    { id: 'b', count: 2, over: 0 },
    { id: 'c', count: 1, over: 0 },
  ])
})

test('holds each key that is more than one in its size, and never counts a key too low or beyond its error', () => {
  const ids = fc.array(
    fc.integer({ min: 0, max: 40 }).map((n) => String(Math.floor(n / (1 + (n % 5))))),
    { maxLength: 400 },
  )
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 12 }), (all, size) => {
      const sketch = keySketch(size)
      const truth = new Map<string, number>()
      for (const id of all) {
        sketch.add(id, 1)
        truth.set(id, (truth.get(id) ?? 0) + 1)
      }
      const counts = new Map(sketch.counts().map((one) => [one.id, one]))
      expect(counts.size).toBeLessThanOrEqual(size)
      expect([...counts.values()].reduce((sum, { count }) => sum + count, 0)).toBe(all.length)
      for (const [id, often] of truth) {
        const found = counts.get(id)
        if (often > all.length / size) expect(found).toBeDefined()
        if (found !== undefined) expect([found.count >= often, found.count - found.over <= often]).toEqual([true, true])
      }
    }),
    { numRuns: 100 },
  )
})

test('forgets what is older than fifteen minutes, and keeps what is younger than ten', () => {
  const keys = recentKeys(10)
  const minute = 60_000
  keys.add('old', 0)
  keys.add('new', 10 * minute)
  expect(keys.top(5, 10 * minute)).toEqual({
    total: 2,
    keys: [
      { id: 'new', count: 1, over: 0 },
      { id: 'old', count: 1, over: 0 },
    ],
  })
  expect(keys.top(5, 15 * minute).keys.map(({ id }) => id)).toEqual(['new'])
  expect(keys.top(5, 60 * minute)).toEqual({ total: 0, keys: [] })
})

test('adds up sketches, and keeps the most frequent keys', () => {
  const one = { total: 5, keys: [{ id: 'a', count: 4, over: 1 }] }
  const two = {
    total: 9,
    keys: [
      { id: 'b', count: 6, over: 0 },
      { id: 'a', count: 3, over: 0 },
    ],
  }
  expect(sumOfCounts([one, two], 1)).toEqual({ total: 14, keys: [{ id: 'a', count: 7, over: 1 }] })
})
