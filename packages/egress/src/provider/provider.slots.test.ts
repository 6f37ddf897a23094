/** Waits behind the slots of a provider, which its windows know nothing of. */
import { expect, test } from 'vitest'
import { fakeClock, fakeTime, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import type { EgressRefusal } from '../refusal.ts'
import type { ProviderOptions } from './options.ts'
import type { Provider } from './provider.ts'

fakeTime()

const roomy: Partial<ProviderOptions> = { limits: { requests: { capacity: 1000, per: '1s' } }, concurrency: 2, queue: { wait: '5s' } }

/** Calls until the end of time, each of which takes two seconds. */
async function serve(provider: Provider, ends: (number | EgressRefusal)[]): Promise<void> {
  try {
    const permit = await provider.acquire()
    ends.push(permit.waitedMs)
    setTimeout(() => permit.settle(), 2000)
  } catch (error) {
    ends.push(error as EgressRefusal)
  }
}

test('a call that would wait too long for a slot is refused when it arrives, and a call at its Retry-After is sent', async () => {
  const provider = providerOf(roomy)
  const ends: (number | EgressRefusal)[] = []
  for (let i = 0; i < 2; i++) void serve(provider, ends)
  await pass(2000)
  // Two hold the slots; those behind them wait 1 s each in the mean.
  for (let i = 0; i < 9; i++) void serve(provider, ends)
  await pass(0)
  const refused = ends.filter((end): end is EgressRefusal => typeof end === 'object')
  expect(refused).toHaveLength(2)
  expect(refused[0]).toMatchObject({ code: 'SLUICE_EGRESS_WAIT', scope: 'provider', retryAfterMs: 6000 })
  await pass(refused[0]!.retryAfterMs!)
  void serve(provider, ends)
  await pass(2000)
  expect(ends.at(-1)).toBeLessThanOrEqual(2000)
  expect(ends.filter((end): end is number => typeof end === 'number').every((waitedMs) => waitedMs <= 5000)).toBe(true)
})

test('calls that hang count for the time that they hang', async () => {
  const provider = providerOf(roomy)
  for (let i = 0; i < 2; i++) void provider.acquire()
  await pass(12_000)
  const refused = await provider.acquire().catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'SLUICE_EGRESS_WAIT', retryAfterMs: 6000 })
})

test('a refusal for want of a slot does not make the provider steady', async () => {
  const provider = providerOf({ ...roomy, limits: { requests: { capacity: 100, per: '1s' } }, queue: { wait: 0 } })
  const permits = [await provider.acquire(), await provider.acquire()]
  for (let ms = 0; ms < 3000; ms += 10) {
    await pass(10)
    await provider.acquire().catch(() => {})
  }
  for (const permit of permits) permit.settle()
  const sent = await Promise.all([provider.acquire(), provider.acquire()])
  expect(sent.map(({ waitedMs }) => waitedMs)).toEqual([0, 0])
})

test('three processes that share slots never hold more than there are, use them all, and lose none', async () => {
  const store = sharedMirror(fakeClock(), 1)
  const providers = [0, 1, 2].map(() => providerOf({ ...roomy, store, concurrency: 4, queue: { wait: '1m' } }))
  let held = 0
  let most = 0
  let served = 0
  for (let i = 0; i < 60; i++) {
    void providers[i % 3]!.acquire().then(async (permit) => {
      held += 1
      most = Math.max(most, held)
      await new Promise((resolve) => setTimeout(resolve, 1000))
      held -= 1
      served += 1
      permit.settle()
    })
  }
  await pass(17_000)
  expect(most).toBe(4)
  expect(served).toBe(60)
})
