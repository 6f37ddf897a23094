import { expect, test } from 'vitest'
import { fakeClock, fakeTime, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import { egressRefusalOf } from '../refusal.ts'
import type { QueueOptions } from './options.ts'
import type { Provider } from './provider.ts'

fakeTime()

const oneWayMs = 20

/** A provider with 2 requests in 10 s whose mirror is 40 ms away there and back. Two calls are sent, and two wait. */
async function fullProvider(queue: QueueOptions): Promise<Provider> {
  const provider = providerOf({
    limits: { requests: { capacity: 2, per: '10s' } },
    store: sharedMirror(fakeClock(), oneWayMs),
    queue,
  })
  for (const calls of [2, 2]) {
    for (let i = 0; i < calls; i++) void provider.acquire().catch(() => {})
    await pass(5 * oneWayMs)
  }
  expect(provider.snapshot()).toMatchObject({ waiting: 2, inFlight: 2 })
  return provider
}

/** The code of the refusal of a call, and the milliseconds until it came. */
async function refusalOf(provider: Provider): Promise<readonly [string | undefined, number]> {
  const bornMs = Date.now()
  let refused: readonly [string | undefined, number] = ['waits', 0]
  provider.acquire().catch((error: unknown) => {
    refused = [egressRefusalOf(error)?.code, Date.now() - bornMs]
  })
  await pass(5 * oneWayMs)
  return refused
}

test('a full queue refuses without asking the shared mirror, however old its latest answer is', async () => {
  const provider = await fullProvider({ wait: '30s', depth: 2 })
  expect(await refusalOf(provider)).toEqual(['SLUICE_EGRESS_DEPTH', 0])
  await pass(3000)
  expect(await refusalOf(provider)).toEqual(['SLUICE_EGRESS_DEPTH', 0])
})

test('a wait that is too long is refused without asking by a fresh answer of the shared mirror, and after asking by an old one', async () => {
  const provider = await fullProvider({ wait: '15s', depth: 10 })
  expect(await refusalOf(provider)).toEqual(['SLUICE_EGRESS_WAIT', 0])
  await pass(3000)
  expect(await refusalOf(provider)).toEqual(['SLUICE_EGRESS_WAIT', 2 * oneWayMs])
  expect(await refusalOf(provider)).toEqual(['SLUICE_EGRESS_WAIT', 0])
})
