import { expect, test } from 'vitest'
import { remember } from './remember.ts'

test('asks once for what is asked again', () => {
  const asked: string[] = []
  const length = remember(2, (text: string) => {
    asked.push(text)
    return text === '' ? null : { length: text.length }
  })
  expect([length('a'), length(''), length('a'), length('')]).toEqual([{ length: 1 }, null, { length: 1 }, null])
  expect(asked).toEqual(['a', ''])
})

test('forgets, and is right, when there is no end of inputs', () => {
  const asked: number[] = []
  const square = remember(2, (n: number) => {
    asked.push(n)
    return { square: n * n }
  })
  expect([1, 2, 3, 3, 1].map((n) => square(n).square)).toEqual([1, 4, 9, 9, 1])
  expect(asked).toEqual([1, 2, 3, 1])
})
