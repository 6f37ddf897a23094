import { expect, test } from 'vitest'
import { randomFrom } from '../../../../test/seed.ts'
import { slidingProvider } from '../../test/provider-models.ts'
import { fakeClock, fakeTime, pass } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import { egressRefusalOf } from '../refusal.ts'
import { createProvider, type Provider } from './provider.ts'

fakeTime()

const at = (share: number, sorted: readonly number[]): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!

let ids = 0

interface Tally {
  limited: number
  served: number
  refused: number
  readonly latencies: number[]
  readonly sentAtMs: number[]
}

/** Calls a model of a provider through ours, with a random way and a random duration. */
function caller(provider: Provider, model: ReturnType<typeof slidingProvider>, random: () => number, tally: Tally) {
  return async (tokens: number): Promise<void> => {
    const bornMs = Date.now()
    const permit = await provider.acquire({ cost: { tokens } }).catch((error: unknown) => {
      const refusal = egressRefusalOf(error)
      if (refusal === undefined || !(refusal.retryAfterMs! > 0)) throw error
      tally.refused += 1
    })
    if (!permit) return
    tally.sentAtMs.push(Date.now())
    ids += 1
    const mine = ids
    const used = Math.floor(tokens * random())
    await new Promise((resolve) => setTimeout(resolve, random() * 60))
    if (!model.arrive(mine, Date.now() * 1000, [1, tokens])) tally.limited += 1
    await new Promise((resolve) => setTimeout(resolve, 20 + random() * 200))
    model.finish(mine, Date.now() * 1000, [1, used])
    permit.settle({ tokens: used })
    tally.served += 1
    tally.latencies.push(Date.now() - bornMs)
  }
}

test('three processes at ten times the quota: no 429, everybody is served or refused, the quota is used, nothing stands still', async () => {
  const limits = { requests: { capacity: 60, per: '6s' as const }, tokens: { capacity: 20_000, per: '6s' as const } }
  const store = sharedMirror(fakeClock(), 1)
  const random = randomFrom(7)
  const model = slidingProvider([
    { capacity: 60, windowUs: 6_000_000 },
    { capacity: 20_000, windowUs: 6_000_000 },
  ])
  const tally: Tally = { limited: 0, served: 0, refused: 0, latencies: [], sentAtMs: [] }
  const providers = [0, 1, 2].map(() =>
    createProvider({ name: 'llm', limits, store, clock: fakeClock(), transit: '120ms', queue: { wait: '1s' } }),
  )
  const callers = providers.map((provider) => caller(provider, model, random, tally))
  const startMs = Date.now()
  let calls = 0
  while (Date.now() - startMs < 30_000) {
    calls += 1
    void callers[calls % 3]!(100 + Math.floor(random() * 100))
    await pass(10)
  }
  await pass(5000)
  expect(tally.limited).toBe(0)
  expect(tally.served + tally.refused).toBe(calls)
  const late = tally.sentAtMs.filter((ms) => ms - startMs > 6300)
  expect(Math.max(...late.slice(1).map((ms, i) => ms - late[i]!))).toBeLessThanOrEqual(500)
  const inTime = tally.sentAtMs.filter((ms) => ms - startMs < 30_000)
  expect(inTime.length).toBeGreaterThanOrEqual(0.95 * 60 * 5)
})

/** Waits of light callers, with or without a heavy one. */
async function waitsOfLight(heavy: boolean): Promise<number[]> {
  const provider = createProvider({
    name: 'llm',
    limits: { requests: { capacity: 300, per: '10s' } },
    clock: fakeClock(),
    queue: { wait: '30s', depth: 10_000 },
  })
  const random = randomFrom(3)
  const waits: number[] = []
  const call = (name: string): void =>
    void provider.acquire({ caller: name }).then(
      (permit) => {
        permit.settle()
        if (name !== 'heavy') waits.push(permit.waitedMs)
      },
      () => {},
    )
  // Twenty light callers load the provider to 50 %, and the heavy one wants 50 times as much as each of them.
  for (let ms = 0; ms < 120_000; ms += 10) {
    if (random() < 0.15) call(`light ${Math.floor(random() * 20)}`)
    if (heavy && random() < 0.375) call('heavy')
    await pass(10)
  }
  await pass(40_000)
  await provider.close()
  return waits.sort((a, b) => a - b)
}

test('a caller at fifty times the rate of each other does not delay the others', async () => {
  const alone = await waitsOfLight(false)
  const beside = await waitsOfLight(true)
  expect(beside.length).toBeGreaterThan(1000)
  expect(at(0.99, beside)).toBeLessThanOrEqual(1.05 * at(0.99, alone))
})
