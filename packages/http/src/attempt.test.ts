import { expect, test } from 'vitest'
import { attempt } from './attempt.ts'

const failed = (cause: unknown): string => `failed: ${String(cause)}`
const throwing = (): never => {
  throw new Error('no')
}

test('answers at once what is there at once', () => {
  expect(attempt(() => 1, failed)).toBe(1)
  expect(attempt(throwing, failed)).toBe('failed: Error: no')
})

test('answers later what comes later', async () => {
  expect(await attempt(async () => 1, failed)).toBe(1)
  expect(await attempt(async () => throwing(), failed)).toBe('failed: Error: no')
})

test('waits for what is a thenable and no more', async () => {
  const thenable: object = {}
  Reflect.set(thenable, 'then', (_resolve: unknown, reject: (cause: unknown) => void) => reject('no'))
  expect(await attempt(() => thenable as Promise<number>, failed)).toBe('failed: no')
})
