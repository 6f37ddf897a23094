import { beforeEach, describe, expect, test } from 'vitest'
import { ban } from '../bans/ban.ts'
import { createLimiter } from '../limiter/limiter.ts'
import type { SyncLimiter } from '../limiter/limiter-contract.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryStore } from './memory-store.ts'

const clock = manualClock()
let limiter: SyncLimiter<string>
beforeEach(() => {
  const rule = tokenBucket({ capacity: 1, per: '1d' })
  const banned = ban({ after: 1, within: '1h', for: '1h' })
  limiter = createLimiter<string>({
    limits: [{ name: 'ip', by: (key) => key, rule, ban: banned }],
    store: memoryStore({ maxBuckets: 10, clock }),
  })
})

const blockAll = (): void => {
  for (let i = 0; i < 10; i++) limiter.block('ip', `a${i}`, '1h')
}

describe('while as many keys are blocked as the store keeps', () => {
  beforeEach(blockAll)

  test('blocking another one is an error, and all others stay blocked', () => {
    expect(() => limiter.block('ip', 'b', '1h')).toThrow(expect.objectContaining({ code: 'SLUICE_BLOCKS_MANY', facts: { most: 10 } }))
    expect(limiter.bans('ip')).toHaveLength(10)
    expect(limiter.consume('b').allowed).toBe(true)
  })

  test('no ban begins, and refusals are decided as before', () => {
    const decided = Array.from({ length: 5 }, () => limiter.consume('b').allowed)
    expect(decided).toEqual([true, false, false, false, false])
    expect(limiter.bans('ip')).toHaveLength(10)
  })

  test('a block can be changed and lifted, which makes room', () => {
    limiter.block('ip', 'a0', '2h')
    limiter.block('ip', 'a1', 0)
    limiter.block('ip', 'b', '1h')
    expect(limiter.bans('ip')).toHaveLength(10)
  })

  test('blocks that are over make room by themselves', () => {
    clock.advance(3_600_000)
    blockAll()
    expect(limiter.bans('ip')).toHaveLength(10)
  })
})
