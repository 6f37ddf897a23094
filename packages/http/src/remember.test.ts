import { expect, test } from 'vitest'
import { remember } from './remember.ts'

test('asks once for what is asked again', () => {
  const calls: string[] = []
  const length = remember(2, (text: string) => {
    calls.push(text)
    return text === '' ? null : { length: text.length }
  })
  expect([length('a'), length(''), length('a'), length('')]).toEqual([{ length: 1 }, null, { length: 1 }, null])
  expect(calls).toEqual(['a', ''])
})

test('forgets, and is right, when there is no end of inputs', () => {
  const calls: number[] = []
  const square = remember(2, (n: number) => {
    calls.push(n)
    return { square: n * n }
  })
  expect([1, 2, 3, 3, 1].map((n) => square(n).square)).toEqual([1, 4, 9, 9, 1])
  expect(calls).toEqual([1, 2, 3, 1])
})
