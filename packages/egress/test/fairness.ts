/** Light callers beside a heavy one: what their calls wait. */
import type { Clock } from '@sluice/core'
import { randomFrom } from '../../../test/seed.ts'
import { createProvider, type Provider } from '../src/provider/provider.ts'
import { sharedMirror } from './shared-mirror.ts'

export interface Fairness {
  /** Part of the quota that light callers want. */
  readonly load: number
  /** Processes that share the quota, and those that the heavy caller uses. */
  readonly processes: number
  readonly heavyIn: number
}

/** Time that does not pass by itself, and what lets it pass. */
export interface Time {
  readonly clock: Clock
  pass(ms: number): Promise<unknown>
}

/** The p99 wait of light callers in milliseconds. There are twenty of them, and the heavy one wants 50 times as much as each. */
export async function p99OfLightCallers({ load, processes, heavyIn }: Fairness, { clock, pass }: Time): Promise<number> {
  const store = processes === 1 ? undefined : sharedMirror(clock, 1)
  const providers = Array.from({ length: processes }, () =>
    createProvider({
      name: 'llm',
      limits: { requests: { capacity: 300, per: '10s' } },
      store,
      clock,
      queue: { wait: '30s', depth: 10_000 },
    }),
  )
  const random = randomFrom(3)
  const waits: number[] = []
  const call = (provider: Provider, name: string): void =>
    void provider.acquire({ caller: name }).then(
      (permit) => {
        permit.settle()
        if (name !== 'heavy') waits.push(permit.waitedMs)
      },
      () => {},
    )
  const lightPerTurn = (load * 300) / 1000
  const heavyPerTurn = (50 * lightPerTurn) / 20
  for (let ms = 0; ms < 100_000; ms += 10) {
    if (random() < lightPerTurn) call(providers[Math.floor(random() * processes)]!, `light ${Math.floor(random() * 20)}`)
    // The heavy caller joins when the light ones have used their part of two windows.
    if (heavyIn > 0 && ms > 20_000 && random() < heavyPerTurn) call(providers[Math.floor(random() * heavyIn)]!, 'heavy')
    await pass(10)
  }
  await pass(40_000)
  for (const provider of providers) await provider.close()
  if (waits.length <= 1000) throw new Error(`only ${waits.length} calls were sent`)
  waits.sort((a, b) => a - b)
  return waits[Math.floor(0.99 * waits.length)]!
}
