import { describe, expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { SyncStore } from '../store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'
import type { SyncLimiter } from './limiter-contract.ts'

const user: Limit<string, 'sync'> = { name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 10, per: '1s' }) }

function limiterOf(): { limiter: SyncLimiter<string>; store: SyncStore } {
  const store = memoryStore({ clock: manualClock() })
  return { limiter: createLimiter<string>({ limits: [user], store }), store }
}

describe('two limiters on one store', () => {
  test('share the budget of a limit that both have', () => {
    const { limiter, store } = limiterOf()
    const other = createLimiter<string>({ limits: [user], store })
    limiter.consume('ann', { cost: 6 })
    expect(other.consume('ann').limits[0]!.remaining).toBe(3)
  })

  test('may not define one name differently', () => {
    const { store } = limiterOf()
    const define = (): unknown => createLimiter<string>({ limits: [{ ...user, cost: 2 }], store })
    expect(define).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_CONFLICT' }))
  })

  test('free their names when they close', async () => {
    const { limiter, store } = limiterOf()
    await limiter.close()
    expect(() => createLimiter<string>({ limits: [{ ...user, cost: 2 }], store })).not.toThrow()
  })
})

describe('a closed limiter', () => {
  test.each<[string, (limiter: SyncLimiter<string>) => unknown]>([
    ['consume', (limiter) => limiter.consume('ann')],
    ['peek', (limiter) => limiter.peek('ann')],
    ['reserve', (limiter) => limiter.reserve('ann')],
    ['refund', (limiter) => limiter.refund('ann')],
    ['inspect', (limiter) => limiter.inspect('user', 'ann')],
    ['reset', (limiter) => limiter.reset('user', 'ann')],
    ['block', (limiter) => limiter.block('user', 'ann', '1s')],
    ['update', (limiter) => limiter.update([user])],
  ])('throws at %s', async (_, call) => {
    const { limiter } = limiterOf()
    await limiter.close()
    expect(() => call(limiter)).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
  })

  test('may be closed again, and leaves a store that it was given open', async () => {
    const { limiter, store } = limiterOf()
    const other = createLimiter<string>({ limits: [user], store })
    other.consume('ann')
    await limiter.close()
    await limiter.close()
    expect(other.inspect('user', 'ann')!.remaining).toBe(9)
  })

  test('closes the store that it made', async () => {
    const limiter = createLimiter<string>({ limits: [user] })
    limiter.consume('ann')
    await limiter.close()
    expect(() => limiter.consume('ann')).toThrow(/This limiter is closed/)
  })
})
