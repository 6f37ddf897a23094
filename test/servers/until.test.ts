import { expect, test } from 'vitest'
import { until } from './until.ts'

test('asks until the answer is yes', async () => {
  let calls = 0
  await until(() => ++calls === 3, { what: 'the third time', everyMs: 1 })
  expect(calls).toBe(3)
})

test('takes a failure for not yet', async () => {
  let calls = 0
  const holds = async (): Promise<boolean> => {
    if (++calls < 3) throw new Error('not up')
    return true
  }
  await expect(until(holds, { what: 'an answer', everyMs: 1 })).resolves.toBeUndefined()
})

test('gives up with what it waited for and the last failure', async () => {
  const holds = (): boolean => {
    throw new Error('not up')
  }
  const error = await until(holds, { what: 'an answer', withinMs: 20, everyMs: 5 }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ message: 'Gave up waiting for an answer after 20 ms', cause: new Error('not up') })
})
