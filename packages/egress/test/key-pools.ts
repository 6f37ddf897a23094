/** Pools of keys on a fake clock. */
import { createKeyPool, type KeyPool } from '../src/keys/key-pool.ts'
import type { KeyOptions, KeyPoolOptions } from '../src/keys/pool-options.ts'
import type { AcquireOptions } from '../src/provider/acquire-options.ts'
import { fakeClock } from './provider-scene.ts'

export const key = (label: string, options: Partial<KeyOptions> = {}): KeyOptions => ({ label, secret: `sk-${label}-secret`, ...options })

/** Two requests a second for each group, unless the options say otherwise. */
export function poolOf(keys: readonly KeyOptions[], options: Partial<KeyPoolOptions> = {}): KeyPool {
  return createKeyPool({
    name: 'llm',
    limits: { requests: { capacity: 2, per: '1s' } },
    transit: '100ms',
    clock: fakeClock(),
    keys,
    ...options,
  })
}

/** The label of the key that a call gets. The call ends at once. */
export const keyOf = async (pool: KeyPool, call?: AcquireOptions): Promise<string | undefined> => {
  const permit = await pool.acquire(call)
  permit.observe({})
  permit.settle()
  return permit.key
}
