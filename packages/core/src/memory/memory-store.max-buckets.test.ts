import fc from 'fast-check'
import { expect, test } from 'vitest'
import { banTerms } from '../bans/ban.ts'
import type { CountingRule } from '../kind.ts'
import { createLimiter } from '../limiter/limiter.ts'
import { guaranteedPart } from '../rules/guaranteed/guaranteed-kind.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Charge, Hold, LimitFacts, SyncStore } from '../store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryBuckets } from './memory-buckets.ts'
import { memoryStore, storeOnBuckets } from './memory-store.ts'

const rule = tokenBucket({ capacity: 3, per: '3s', mode: 'interval' })
const other = tokenBucket({ capacity: 4, per: '1h' })
const share = guaranteedPart(rule, { numerator: 1, denominator: 3 })!
const plain: LimitFacts = { name: 'plain', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }
const after: LimitFacts = { ...plain, name: 'after', debit: 'after' }
const banning: LimitFacts = { ...plain, name: 'banning', ban: banTerms({ after: 1, within: '1m', for: '1h' }, 'banning') }
const child: LimitFacts = { ...plain, name: 'child', parent: 'plain' }
const { strikes, levels } = banning.ban!
const tables = ['plain', 'after', 'banning', 'child', strikes.limit.name, levels.limit.name, '\u0000children of plain']

const anyStep = fc.record({
  verb: fc.constantFrom<Step['verb']>(
    'consume',
    'reserve',
    'reserve',
    'settle',
    'settle',
    'cancel',
    'refund',
    'reset',
    'resetAll',
    'strike',
    'block',
  ),
  limit: fc.constantFrom(plain, after, banning, child),
  key: fc.nat(30),
  units: fc.nat(5),
  under: fc.constantFrom<CountingRule>(rule, rule, rule, other),
  waitMs: fc.constantFrom(0, 0, 0, 1, 1000, 5000),
})

interface Step {
  readonly verb: 'consume' | 'reserve' | 'settle' | 'cancel' | 'refund' | 'reset' | 'resetAll' | 'strike' | 'block'
  readonly limit: LimitFacts
  readonly key: number
  readonly units: number
  readonly under: CountingRule
}

/** A guaranteed share is charged beside its parent. */
function chargesOf({ limit, key, units, under }: Step): Charge[] {
  const of = (facts: LimitFacts, its: CountingRule, name: string): Charge => ({
    limit: facts,
    key: name,
    terms: { rule: its, initial: its.capacity, version: 0 },
    cost: Math.min(units, 3),
  })
  return limit === child ? [of(plain, rule, 'app'), of(child, share, `${key}`)] : [of(limit, under, `${key}`)]
}

function ask(store: SyncStore, holds: Hold[], step: Step): void {
  const { verb, limit, key, units } = step
  const [held] = holds.slice(key % Math.max(1, holds.length))
  const decide = (action: 'consume' | 'reserve'): void => {
    const { hold } = store.decide({ action, charges: chargesOf(step), undo: [], migrate: 'keepUsed' })
    if (hold !== null) holds.push(hold)
  }
  const verbs: Readonly<Record<Step['verb'], () => unknown>> = {
    consume: () => decide('consume'),
    reserve: () => decide('reserve'),
    settle: () => held && store.settle(held, [units + 1, units + 1]),
    cancel: () => held && store.settle(held, [0, 0]),
    refund: () => store.refund(chargesOf(step)),
    reset: () => store.reset(limit, `${key}`),
    resetAll: () => store.resetAll(limit),
    strike: () => store.strike(limit, `${key}`),
    block: () => blockIfRoom(store, limit, `${key}`, 1000 * units),
  }
  verbs[verb]()
}

/** A store that keeps as many blocks as it may refuses one more. */
function blockIfRoom(store: SyncStore, limit: LimitFacts, key: string, durationMs: number): void {
  try {
    store.block(limit, key, durationMs)
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'SLUICE_BLOCKS_MANY') throw error
  }
}

test('holds no more buckets and blocks than maxBuckets, whatever is asked of it, and one more a limit for strangers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(anyStep, { maxLength: 120, size: 'max' }), (maxBuckets, steps) => {
      const clock = manualClock()
      const buckets = memoryBuckets(maxBuckets, clock, 600_000_000)
      const store = storeOnBuckets(buckets, clock)
      const holds: Hold[] = []
      for (const { waitMs, ...step } of steps) {
        clock.advance(waitMs)
        ask(store, holds, step)
        const kept = tables.reduce((sum, name) => sum + buckets.table(name).size(), 0)
        expect(kept).toBeLessThanOrEqual(maxBuckets + tables.length)
        const blocked = [plain, after, banning, child].flatMap((facts) => store.blocked(facts, 1000))
        expect(blocked.length).toBeLessThanOrEqual(maxBuckets)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a debt of a key without a bucket is owed by strangers together while the store is full, and a return is not theirs', () => {
  const clock = manualClock()
  const store = memoryStore({ maxBuckets: 2, clock, handleLifetime: '2h' })
  const reserve = (facts: LimitFacts, key: string): Hold => {
    const charges = [{ limit: facts, key, terms: { rule: other, initial: 4, version: 0 }, cost: 1 }]
    return store.decide({ action: 'reserve', charges, undo: [], migrate: 'keepUsed' }).hold!
  }
  const [late, gone] = [reserve(after, 'ann'), reserve(plain, 'bob')]
  clock.advance('1h')
  for (const key of ['cid', 'dan']) reserve(plain, key)
  expect(store.settle(late, [3])).toEqual({ first: true, excess: [0] })
  expect(store.settle(gone, [0])).toEqual({ first: true, excess: [0] })
  const left = (facts: LimitFacts, key: string) => store.inspect(facts, key, null)?.remaining ?? 4
  expect([left(after, 'ann'), left(after, 'eve'), left(plain, 'eve')]).toEqual([1, 1, 4])
})

test('its usage says how full it is, and which limits have no room for new keys', () => {
  const store = memoryStore({ maxBuckets: 2, clock: manualClock() })
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule }], store })
  limiter.consume('ann')
  expect(store.usage()).toEqual({ buckets: 1, maxBuckets: 2, overflowing: [] })
  for (const id of ['bob', 'cleo', 'dan']) limiter.consume(id)
  expect(store.usage()).toMatchObject({ maxBuckets: 2, overflowing: ['user'] })
  store.clear()
  expect(store.usage()).toEqual({ buckets: 0, maxBuckets: 2, overflowing: [] })
})
