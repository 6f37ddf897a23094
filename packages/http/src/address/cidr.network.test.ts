import { expect, test } from 'vitest'
import { firstOf, lastOf } from './cidr.ts'

const all = 0xffffffff

test.each([
  [[0xc0a80207], 24, [0xc0a80200], [0xc0a802ff]],
  [[0xc0a80207], 0, [0], [all]],
  [[0xc0a80207], 32, [0xc0a80207], [0xc0a80207]],
  [[0xc0a80207], 31, [0xc0a80206], [0xc0a80207]],
  [[all, all, all, all], 0, [0, 0, 0, 0], [all, all, all, all]],
  [[all, all, all, all], 32, [all, 0, 0, 0], [all, all, all, all]],
  [[1, 2, 3, 4], 64, [1, 2, 0, 0], [1, 2, all, all]],
  [[1, 2, 3, 4], 65, [1, 2, 0, 0], [1, 2, 0x7fffffff, all]],
  [[1, 2, 3, 4], 128, [1, 2, 3, 4], [1, 2, 3, 4]],
])('%j by /%d runs from %j to %j', (words, prefix, first, last) => {
  expect(firstOf(words, prefix)).toEqual(first)
  expect(lastOf(words, prefix)).toEqual(last)
})
