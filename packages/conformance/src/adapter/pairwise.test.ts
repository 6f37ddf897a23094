import { expect, test } from 'vitest'
import { pairwise, type Row } from './pairwise.ts'

const meets = (rows: readonly Row[], [i, a]: readonly [number, number], [j, b]: readonly [number, number]): boolean =>
  rows.some((row) => row[i] === a && row[j] === b)

test.each([[[2, 2]], [[3, 3, 3]], [[3, 6, 5, 2]], [[1, 4]]])('every two values of %j meet, in few rows', (sizes) => {
  const rows = pairwise(sizes)
  for (let i = 0; i < sizes.length; i++) {
    for (let j = i + 1; j < sizes.length; j++) {
      for (let a = 0; a < sizes[i]!; a++) for (let b = 0; b < sizes[j]!; b++) expect(meets(rows, [i, a], [j, b])).toBe(true)
    }
  }
  const [first, second] = sizes.toSorted((a, b) => b - a)
  expect(rows.length).toBeLessThanOrEqual(first! * second! * 1.5)
})

test('a table is the same each time, and has no row that makes no sense', () => {
  const admits = ([a, b]: Row): boolean => a !== b
  expect(pairwise([3, 3, 2], admits)).toEqual(pairwise([3, 3, 2], admits))
  expect(pairwise([3, 3, 2], admits).every(admits)).toBe(true)
})
