import { expect, test } from 'vitest'
import { SLUICE_STORE_UNFIT, SluiceError } from '../errors.ts'
import { ready } from './ready.ts'

const unfit = (reason: string): SluiceError => new SluiceError(SLUICE_STORE_UNFIT, { reason })

/** A server whose checks fail with these, one after the other, and then succeed. */
function failing(...errors: readonly Error[]) {
  let runs = 0
  const run = async (): Promise<void> => {
    const error = errors[runs++]
    if (error !== undefined) throw error
  }
  return { check: { run, isDue: () => false, demand: () => undefined }, runs: () => runs }
}

test.each([
  'the user of the store may not run EVALSHA',
  'the server does not have EVALSHA',
  'the server is of version 6.2.0, and 7 is needed',
])('gives up at once where waiting changes nothing: %s', async (reason) => {
  const { check, runs } = failing(unfit(reason))
  await expect(ready(check)).rejects.toMatchObject({ code: 'SLUICE_STORE_UNFIT', facts: { reason } })
  expect(runs()).toBe(1)
})

test('waits for what may pass: no connection, and a server that takes no writes', async () => {
  const { check, runs } = failing(new Error('connect ECONNREFUSED'), unfit('the server takes no writes'))
  await ready(check)
  expect(runs()).toBe(3)
})
