/** A later stage that Redis refuses: its script changes no bucket that an earlier stage holds, because the refusal may come too late. */

import { type Charge, type CountingRule, type Hold, type Micros, tokenBucket } from '@sluice/core'
import { guaranteedKind, ruleOf } from '@sluice/core/internal'
import { beforeEach, expect, test } from 'vitest'
import { redisOfFile } from '../test/redis-of-file.ts'

const { client, stores } = await redisOfFile()
beforeEach(async () => {
  await client.flushall()
})

const slow = tokenBucket({ capacity: 100, per: '1h' })
const half = tokenBucket({ capacity: 50, per: '1h' })
const whole = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })
const share = ruleOf(guaranteedKind, { capacity: 5, refill: 5, perMs: 1000, scale: 1, periodUs: 1_000_000 })
const startUs: Micros = Date.UTC(2026, 0, 1) * 1000

function charge(name: string, rule: CountingRule, cost: number): Charge {
  const parent = rule.kind === 'guaranteed' ? 'app' : null
  const limit = { name, shadow: false, disclose: true, nearAt: 0.8, debit: 'before' as const, parent }
  return { limit, key: 'ann', terms: { rule, initial: rule.capacity, version: 0 }, cost }
}

/** What an earlier stage charges, how much time passes, and what the later stage asks of the same buckets. */
const stages: readonly [what: string, earlier: readonly Charge[], us: Micros, later: readonly Charge[]][] = [
  ['asks under another rule', [charge('user', slow, 40)], 0, [charge('user', half, 80)]],
  ['finds a clock that stepped far back', [charge('user', whole, 4)], -5_000_000, [charge('user', whole, 80)]],
  [
    'asks a guaranteed share in another period',
    [charge('app', whole, 3), charge('seller', share, 3)],
    1_000_000,
    [charge('app', whole, 80), charge('seller', share, 80)],
  ],
]

test.each(stages)('changes no held bucket where it %s, and keeps what a refusal keeps of others', async (_, earlier, us, later) => {
  const { store, setNowUs } = stores.empty()
  const decided = { undo: [] as readonly Hold[], migrate: 'keepUsed' } as const
  const values = async (): Promise<ReadonlyMap<string, string>> => {
    const keys = (await client.keys('*')).sort()
    return new Map(await Promise.all(keys.map(async (key) => [key, (await client.getBuffer(key))!.toString('hex')] as const)))
  }
  await setNowUs(startUs)
  const { hold } = await store.decide({ ...decided, action: 'reserve', charges: earlier })
  const held = await values()
  await setNowUs(startUs + us)
  const low = charge('low', slow, 1)
  const charges = [...later, { ...low, terms: { ...low.terms, initial: 20 } }]
  expect(await store.decideLaterStage!({ ...decided, action: 'reserve', charges, undo: [hold!] })).toMatchObject({ allowed: false })
  const after = await values()
  for (const [key, value] of held) expect([key, after.get(key)]).toEqual([key, value])
  expect(after.size).toBe(held.size + 1)
})
