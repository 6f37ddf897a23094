import { same } from '@sluice/conformance/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyRule } from '../../test/any-rule.ts'
import { ban } from '../bans/ban.ts'
import type { Key } from '../key.ts'
import type { CountingRule } from '../kind.ts'
import type { Limit } from '../limit.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { memoryStore } from '../memory/memory-store.ts'
import type { Duration } from '../options.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Migrate, SyncStore } from '../store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import type { Cost } from './call-options.ts'
import { createLimiter } from './limiter.ts'
import type { CallOptions, SyncLimiter } from './limiter-contract.ts'
import type { SyncReservation } from './reservation.ts'

/** What `by` does for each subject: most are ordinary keys, and some are keys that only the general path can deal with. */
const keys: readonly (() => Key | null)[] = [
  () => 'a',
  () => 'b',
  () => 'c',
  () => 'd',
  () => '',
  () => 'long'.repeat(100),
  () => ['list', 1],
  () => 7,
  () => null,
  () => undefined as unknown as null,
  () => {
    throw new Error('no key')
  },
]

const subjects = fc.nat(keys.length - 1).chain((odd) => fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 3, odd), { minLength: 3, maxLength: 3 }))
type Subject = readonly number[]

/** Those that the fast path decides, and now and then one of another kind, or of one that comes to be. */
const buckets = fc
  .record({
    capacity: fc.integer({ min: 1, max: 9 }),
    refill: fc.integer({ min: 1, max: 9 }),
    per: fc.constantFrom('1ms' as const, '7ms' as const, '1s' as const, '1d' as const),
    mode: fc.constantFrom('greedy' as const, 'greedy' as const, 'greedy' as const, 'interval' as const),
  })
  .map(tokenBucket)
const rules = fc.oneof({ weight: 3, arbitrary: buckets }, { weight: 1, arbitrary: anyRule })

const banned = ban({ after: 2, within: '1s', for: '2s' })
const odds = { shadow: true, initial: 1, nearAt: 0.3, disclose: false, cost: 2, debit: 'after' as const, ban: banned }
const limits = fc.array(fc.tuple(rules, fc.subarray(Object.keys(odds) as (keyof typeof odds)[], { maxLength: 1 })), {
  minLength: 1,
  maxLength: 3,
})

type Chosen = readonly (readonly [rule: CountingRule, odd: readonly (keyof typeof odds)[]])[]

function limitsOf(chosen: Chosen): Limit<Subject, 'sync'>[] {
  return chosen.map(([rule, [odd]], i) => ({
    name: `limit ${i}`,
    by: (subject: Subject) => keys[subject[i]!]!(),
    rule,
    ...(odd === undefined ? {} : { [odd]: odd === 'cost' ? Math.min(odds.cost, rule.capacity) : odds[odd] }),
  }))
}

/** A limiter, its reservations, and its events. */
interface World {
  readonly limiter: SyncLimiter<Subject>
  readonly reserved: SyncReservation[]
  readonly events: LimiterEvent[]
}

type Do = (world: World) => unknown

const costs = fc.constantFrom<Cost>(0, 1, 2, 50, { 'limit 0': 3 }, {})
const pick = fc.nat(5)
const someKey = fc.constantFrom('a', 'b', 'c')

/** One of the latest reservations, if there is any: settled, open, or refused. */
function latest({ reserved }: World, back: number): SyncReservation[] {
  return reserved.slice(-1 - back, reserved.length - back)
}

function reserve(world: World, subject: Subject, o?: CallOptions): unknown {
  const reservation = world.limiter.reserve(subject, o)
  world.reserved.push(reservation)
  return reservation.decision
}

/** Calls that nearly always find the fast path. */
const plain = fc.oneof(
  subjects.map(
    (subject): Do =>
      ({ limiter }) =>
        limiter.consume(subject),
  ),
  subjects.map(
    (subject): Do =>
      (world) =>
        reserve(world, subject),
  ),
  subjects.map(
    (subject): Do =>
      (world) =>
        reserve(world, subject, { cost: 1, extend: [] }),
  ),
)
const settlements = fc.oneof(
  fc.tuple(pick, costs).map(
    ([back, actual]): Do =>
      (world) =>
        latest(world, back).map((one) => one.settle(actual)),
  ),
  pick.map(
    (back): Do =>
      (world) =>
        latest(world, back).map((one) => one.cancel()),
  ),
  pick.map(
    (back): Do =>
      (world) =>
        latest(world, back).map((one) => one.renew()),
  ),
)
const others = fc.oneof(
  fc.tuple(subjects, costs).map(
    ([subject, cost]): Do =>
      ({ limiter }) =>
        limiter.consume(subject, { cost }),
  ),
  fc.tuple(subjects, costs).map(
    ([subject, cost]): Do =>
      (world) =>
        reserve(world, subject, { cost }),
  ),
  fc.tuple(subjects, costs, pick).map(
    ([subject, cost, back]): Do =>
      (world) =>
        reserve(world, subject, { cost, extend: latest(world, back) }),
  ),
  subjects.map(
    (subject): Do =>
      ({ limiter }) =>
        limiter.peek(subject),
  ),
  fc.tuple(subjects, costs).map(
    ([subject, cost]): Do =>
      ({ limiter }) =>
        limiter.refund(subject, { cost }),
  ),
  fc.tuple(someKey, fc.constantFrom<Duration>('0ms', '5ms', '5s')).map(
    ([key, duration]): Do =>
      ({ limiter }) =>
        limiter.block('limit 0', key, duration),
  ),
  someKey.map(
    (key): Do =>
      ({ limiter }) =>
        limiter.reset('limit 0', key),
  ),
  fc.constant<Do>(({ limiter }) => limiter.resetAll('limit 0')),
  fc.tuple(limits, fc.constantFrom<Migrate>('keepUsed', 'keepRemaining', 'proportional', 'reset')).map(
    ([chosen, migrate]): Do =>
      ({ limiter }) =>
        limiter.update(limitsOf(chosen), { migrate }),
  ),
)
const calls = fc.oneof({ weight: 8, arbitrary: plain }, { weight: 4, arbitrary: settlements }, { weight: 5, arbitrary: others })
const waitsUs = fc.oneof(fc.constant(0), fc.nat(3000), fc.nat(3_000_000), fc.integer({ min: -2_000_000, max: 0 }))
const steps = fc.array(fc.record({ waitUs: waitsUs, call: calls }), { maxLength: 40, size: 'max' })

/** What a call answers or throws, as plain data. */
function outcome(call: Do, world: World): unknown {
  try {
    return call(world)
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return { code: error.code, message: error.message }
  }
}

/** What is kept of the buckets that most calls ask. */
function kept({ limiter }: World): unknown {
  return ['a', 'b', 'c', 'd', ''].map((key) => limiter.inspect('limit 0', key))
}

/** `expect` takes much longer than a call, so it only describes a difference. */
function expectSame(a: unknown, b: unknown): void {
  if (!same(a, b)) expect(a).toEqual(b)
}

/** How many buckets the store may have: with few of them it is often full, and unknown keys share the overflow bucket. */
const sizes = fc.constantFrom(2, 3, 5, 100, 100)

test('the fast path and the general path give the same answers, whatever comes between two calls', { timeout: 300_000 }, async () => {
  const faults = fc.constantFrom('throw' as const, 'allow' as const, 'deny' as const)
  let calls = 0
  let general = 0
  await fc.assert(
    // Asynchronous, so that the stores of earlier runs can be collected.
    fc.asyncProperty(limits, steps, faults, fc.boolean(), sizes, async (chosen, history, onFault, watched, maxBuckets) => {
      const clock = manualClock()
      const start = (store: SyncStore): World => {
        const limiter = createLimiter<Subject>({ limits: limitsOf(chosen), store, onFault })
        const events: LimiterEvent[] = []
        if (watched) limiter.observe((event) => events.push(event))
        return { limiter, reserved: [], events }
      }
      const memory = memoryStore({ clock, maxBuckets })
      const { decide } = memory
      // A spy would keep every call.
      const counted: Pick<SyncStore, 'decide'> = {
        decide(call) {
          general += 1
          return decide(call)
        },
      }
      const fast = start(Object.assign(memory, counted))
      // A copy of a memory store has no fast path.
      const slow = start(surviveOutages({ ...memoryStore({ clock, maxBuckets }) }, { processes: 1 }) as SyncStore)
      let nowUs = clock.nowMs() * 1000
      for (const { waitUs, call } of history) {
        nowUs += waitUs
        clock.setUs(nowUs)
        expectSame(outcome(call, fast), outcome(call, slow))
        expectSame(kept(fast), kept(slow))
      }
      expectSame(fast.events, slow.events)
      calls += history.length
    }),
    { numRuns: 10_000 },
  )
  // Otherwise the histories compare the general path with itself.
  expect(general).toBeLessThan(0.7 * calls)
})
