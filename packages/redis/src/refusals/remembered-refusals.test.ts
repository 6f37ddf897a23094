/** What is remembered of refusals, and what never is. */
import {
  ban,
  type Call,
  type Charge,
  type CountingRule,
  concurrency,
  lifetimeQuota,
  slidingWindow,
  tokenBucket,
  type Verdict,
} from '@sluice/core'
import { banTerms, guaranteedKind, ruleOf } from '@sluice/core/internal'
import { expect, test } from 'vitest'
import { bucketKeys } from '../keys/bucket-key.ts'
import { freshUs, type RememberedRefusals, rememberedRefusals } from './remembered-refusals.ts'

const keys = bucketKeys('', 'sluice', false)
const ten = tokenBucket({ capacity: 10, per: '1s' })
const serverUs = 5_000_000_000

function chargeOf(name: string, key: string, cost: number, rule: CountingRule = ten, more: Partial<Charge['limit']> = {}): Charge {
  const limit = { name, shadow: false, disclose: true, nearAt: 0.8, debit: 'before' as const, parent: null, ...more }
  return { limit, key, terms: termsOf(rule), cost }
}

const known = new Map<CountingRule, Charge['terms']>()
function termsOf(rule: CountingRule): Charge['terms'] {
  const terms = known.get(rule) ?? { rule, initial: rule.capacity, version: 0 }
  known.set(rule, terms)
  return terms
}

function callOf(...charges: Charge[]): Call {
  return { action: 'consume', charges, undo: [], migrate: 'keepUsed' }
}

/** A memory whose clock stands, and which learns refusals of empty buckets with no time on the way. */
function memory() {
  let nowUs = 0
  const refusals = rememberedRefusals(keys, () => nowUs)
  return {
    refusals,
    pass(us: number) {
      nowUs += us
    },
    refuse(charge: Charge, how: { readonly sentUs?: number; readonly blockedUs?: number; readonly used?: number } = {}) {
      const { sentUs = nowUs, blockedUs = 0, used = charge.terms.rule.capacity } = how
      const state = { used: used * charge.terms.rule.scale, last: serverUs, carried: 0 }
      const row = { admits: false, state, blockedUs, terms: charge.terms, retryUs: 0, epoch: 0, replaced: undefined }
      refusals.learn([charge], [row], serverUs, { sentUs, receivedUs: nowUs })
    },
    answer: (...charges: Charge[]): Verdict | undefined => refusals.answer(callOf(...charges)),
  }
}

test('refuses the same cost and a higher one until time has brought it back, and asks for a lower one', () => {
  const { refuse, pass, answer } = memory()
  refuse(chargeOf('user', 'ann', 5), { used: 7 })
  expect(answer(chargeOf('user', 'ann', 5))).toMatchObject({
    allowed: false,
    decidedBy: 'cache',
    hold: null,
    limits: [{ name: 'user', remaining: 3, cost: 5, retryAfterMs: 200, replenishAfterMs: 100, resetAfterMs: 700 }],
  })
  expect(answer(chargeOf('user', 'ann', 6))).toMatchObject({ limits: [{ cost: 6, retryAfterMs: 300 }] })
  expect(answer(chargeOf('user', 'ann', 11))).toMatchObject({ limits: [{ retryAfterMs: null }] })
  expect([answer(chargeOf('user', 'ann', 3)), answer(chargeOf('user', 'ann', 0)), answer(chargeOf('user', 'bob', 5))]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  pass(199_999)
  expect(answer(chargeOf('user', 'ann', 5))).toMatchObject({ limits: [{ remaining: 4, retryAfterMs: 1 }] })
  pass(1)
  expect(answer(chargeOf('user', 'ann', 5))).toBeUndefined()
})

test('takes time for passed since the request was sent, and counts the wait from its reply', () => {
  const { refuse, pass, answer } = memory()
  pass(30_000)
  refuse(chargeOf('user', 'ann', 1), { sentUs: 0 })
  pass(69_999)
  expect(answer(chargeOf('user', 'ann', 1))).toMatchObject({ limits: [{ retryAfterMs: 31 }] })
  pass(1)
  expect(answer(chargeOf('user', 'ann', 1))).toBeUndefined()
})

test('asks again 250 ms after a request was sent, however long the wait is', () => {
  const { refuse, pass, answer } = memory()
  const never = chargeOf('user', 'ann', 1, lifetimeQuota({ capacity: 3 }))
  pass(1000)
  refuse(never, { sentUs: 0 })
  pass(freshUs - 1001)
  expect(answer(never)).toMatchObject({ limits: [{ retryAfterMs: null, resetAfterMs: 0 }] })
  pass(1)
  expect(answer(never)).toBeUndefined()
})

test('a reply that comes later than that is of no use', () => {
  const { refuse, pass, answer } = memory()
  pass(freshUs)
  refuse(chargeOf('user', 'ann', 1), { sentUs: 0 })
  expect(answer(chargeOf('user', 'ann', 1))).toBeUndefined()
})

test('a refusal by one limit leaves out what is unknown of the others, and the longest wait counts', () => {
  const { refuse, answer } = memory()
  const [api, app, user] = [chargeOf('api', 'a', 1), chargeOf('app', 'b', 1), chargeOf('user', 'c', 1)]
  refuse(api)
  refuse(user, { used: 12 })
  expect(answer(api, app, user)!.limits.map(({ name, retryAfterMs }) => [name, retryAfterMs])).toEqual([
    ['api', 100],
    ['user', 300],
  ])
  expect(answer(app)).toBeUndefined()
})

test('a shadow limit refuses no call, and is described beside one that does', () => {
  const { refuse, answer } = memory()
  const shadow = chargeOf('trial', 'a', 1, ten, { shadow: true })
  refuse(shadow)
  expect(answer(shadow, chargeOf('user', 'ann', 1))).toBeUndefined()
  refuse(chargeOf('user', 'ann', 1))
  expect(answer(shadow, chargeOf('user', 'ann', 1))!.limits).toMatchObject([{ name: 'trial', shadow: true }, { name: 'user' }])
})

test('a block is remembered as long as it lasts, and one without an end', () => {
  const { refuse, pass, answer } = memory()
  refuse(chargeOf('user', 'ann', 1), { used: 0, blockedUs: 100_000 })
  refuse(chargeOf('user', 'eve', 1), { used: 0, blockedUs: 3_162_240_000_000_000 })
  pass(40_000)
  expect(answer(chargeOf('user', 'ann', 1))).toMatchObject({ limits: [{ blockedForMs: 60, retryAfterMs: 60, remaining: 0 }] })
  expect(answer(chargeOf('user', 'eve', 1))).toMatchObject({ limits: [{ blockedForMs: null, retryAfterMs: null }] })
  pass(60_000)
  expect(answer(chargeOf('user', 'ann', 1))).toBeUndefined()
})

const guaranteed = ruleOf(guaranteedKind, { capacity: 3, refill: 3, perMs: 1000, scale: 1, periodUs: 1_000_000 })
const plain = chargeOf('user', 'ann', 1)

test.each<[string, Charge]>([
  ['counts strikes', chargeOf('user', 'ann', 1, ten, { ban: banTerms(ban({ after: 2, within: '1m', for: '1m' }), 'user') })],
  ['starts with less than its capacity', { ...plain, terms: { rule: ten, initial: 4, version: 0 } }],
  ['is a guaranteed share', chargeOf('user', 'ann', 1, guaranteed as CountingRule)],
])('a call is always asked about that has a limit which %s', (_, special) => {
  const { refuse, answer } = memory()
  refuse(special)
  refuse(chargeOf('api', 'a', 1))
  expect(answer(special)).toBeUndefined()
  expect(answer(chargeOf('api', 'a', 1), special)).toBeUndefined()
  expect(answer(chargeOf('api', 'a', 1))).toMatchObject({ allowed: false })
})

test('slots are never remembered, and do not keep other limits of the call from it', () => {
  const { refuse, answer } = memory()
  const slots = chargeOf('busy', 'ann', 1, concurrency({ capacity: 1, lease: '1m' }))
  refuse(slots)
  expect(answer(slots)).toBeUndefined()
  refuse(plain)
  expect(answer(plain, slots)).toMatchObject({ limits: [{ name: 'user' }] })
})

test('a peek and a later stage of a request are always asked about', () => {
  const { refusals, refuse } = memory()
  refuse(plain)
  expect(refusals.answer({ ...callOf(plain), action: 'peek' })).toBeUndefined()
  expect(refusals.answer({ ...callOf(plain), undo: [{ id: 'x', entries: [] }] })).toBeUndefined()
  expect(refusals.answer({ ...callOf(plain), action: 'reserve' })).toMatchObject({ hold: null })
})

test('other numbers or another version of the rule are asked about, equal ones are not', () => {
  const { refuse, answer } = memory()
  refuse(plain)
  const raised = tokenBucket({ capacity: 20, per: '1s' })
  expect(answer({ ...plain, terms: { rule: raised, initial: 20, version: 0 } })).toBeUndefined()
  expect(answer({ ...plain, terms: { rule: ten, initial: 10, version: 1 } })).toBeUndefined()
  expect(answer({ ...plain, terms: { rule: ten, initial: 10, version: 0 } })).toMatchObject({ allowed: false })
})

test('a log is known for the cost that was refused, until its next entry expires', () => {
  const { refusals, pass, answer } = memory()
  const exact = chargeOf('user', 'ann', 3, slidingWindow({ capacity: 3, per: '100ms', exact: true }))
  // One unit 60 ms ago and two now, as a reply for a cost of 3 has them.
  const entries = [serverUs - 60_000, 0, serverUs, 1]
  const state = { used: 3, last: serverUs, carried: 0, log: { entries, length: 4, total: 3 } }
  const row = { admits: false, state, blockedUs: 0, terms: exact.terms, retryUs: 0, epoch: 0, replaced: undefined }
  refusals.learn([exact], [row], serverUs, { sentUs: 0, receivedUs: 0 })
  expect(answer({ ...exact, cost: 2 })).toBeUndefined()
  pass(39_998)
  expect(answer(exact)).toMatchObject({ limits: [{ remaining: 0, retryAfterMs: 61 }] })
  pass(2)
  expect(answer(exact)).toBeUndefined()
})

test('an admission that leaves room for another ends the memory of a bucket', () => {
  const { refusals, refuse, answer } = memory()
  const learn = (used: number): void => {
    const state = { used: used * ten.scale, last: serverUs, carried: 0 }
    const row = { admits: true, state, blockedUs: 0, terms: plain.terms, retryUs: 0, epoch: 0, replaced: undefined }
    refusals.learn([plain], [row], serverUs, { sentUs: 0, receivedUs: 0 })
  }
  learn(10)
  expect(answer(plain)).toBeUndefined()
  refuse(plain)
  learn(10)
  expect(answer(plain)).toMatchObject({ allowed: false })
  expect(refusals.hotKey(callOf(plain))).toBeDefined()
  learn(9)
  expect(answer(plain)).toBeUndefined()
  expect(refusals.hotKey(callOf(plain))).toBeUndefined()
})

test('a flood of refused keys is remembered up to 5,000, the latest of them', () => {
  const { refuse, answer } = memory()
  for (let i = 0; i < 6000; i++) refuse(chargeOf('user', String(i), 1))
  const remembered = Array.from({ length: 6000 }, (_, i) => answer(chargeOf('user', String(i), 1)) !== undefined)
  expect(remembered.indexOf(true)).toBe(1000)
  expect(remembered.filter(Boolean)).toHaveLength(5000)
})

function sentBefore(forget: (refusals: RememberedRefusals, i: number) => void, gifts: number): Verdict | undefined {
  const { refusals, refuse, pass, answer } = memory()
  pass(10)
  for (let i = 0; i < gifts; i++) forget(refusals, i)
  pass(10)
  refuse(plain, { sentUs: 10 })
  return answer(plain)
}

test('what was sent before a gift to its bucket is not remembered, whatever the number of gifts', () => {
  const own = keys.bucket(plain.limit, plain.key)
  expect(sentBefore((refusals, i) => refusals.forget([i === 0 ? own : `other ${i}`]), 1)).toBeUndefined()
  expect(sentBefore((refusals, i) => refusals.forget([i === 0 ? own : `other ${i}`]), 2500)).toBeUndefined()
  expect(sentBefore((refusals) => refusals.forgetAll(), 1)).toBeUndefined()
  expect(sentBefore((refusals, i) => refusals.forget([`other ${i}`]), 500)).toMatchObject({ allowed: false })
})
