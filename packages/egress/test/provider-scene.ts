/** A provider on a fake clock, and what becomes of its calls. */
import { type Clock, SluiceError } from '@sluice/core'
import { afterEach, beforeEach, vi } from 'vitest'
import type { AcquireOptions } from '../src/provider/acquire-options.ts'
import type { ProviderOptions } from '../src/provider/options.ts'
import type { Permit } from '../src/provider/permit.ts'
import { createProvider, type Provider } from '../src/provider/provider.ts'

let clock: Clock

/** Fakes the timers of each test. A clock of its own has alarms of its own. */
export function fakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000_000_000 })
    clock = { nowMs: () => Date.now() }
  })
  afterEach(() => void vi.useRealTimers())
}

export const fakeClock = (): Clock => clock

export const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** Two requests a second, unless the options say otherwise. */
export function providerOf(options: Partial<ProviderOptions> = {}): Provider {
  return createProvider({ name: 'llm', limits: { requests: { capacity: 2, per: '1s' } }, transit: '100ms', clock, ...options })
}

export interface Outcomes {
  /** Of each call the milliseconds that it waited, or the code of its refusal. */
  readonly ends: (number | string)[]
  call(options?: AcquireOptions): Promise<Permit | undefined>
}

export function outcomes(provider: Provider): Outcomes {
  const ends: (number | string)[] = []
  return {
    ends,
    call(options) {
      const at = ends.push('waiting') - 1
      return provider.acquire(options).then(
        (permit) => {
          ends[at] = permit.waitedMs
          return permit
        },
        (error: Error) => {
          ends[at] = error instanceof SluiceError ? error.code : error.message
          return undefined
        },
      )
    },
  }
}
