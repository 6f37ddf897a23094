import { describe, expect, test } from 'vitest'
import { type CountingRule, isCountingRule, ruleKind } from './kind.ts'
import { burstMax } from './rules/burst-max/burst-max.ts'
import { concurrency } from './rules/concurrency/concurrency.ts'
import { fixedWindow } from './rules/fixed-window/fixed-window.ts'
import { guaranteedPart } from './rules/guaranteed/guaranteed-kind.ts'
import { guaranteedShareOf } from './rules/guaranteed/guaranteed-share.ts'
import { isShare, shareOf } from './rules/share/share.ts'
import { slidingWindow } from './rules/sliding-window/sliding-window.ts'
import { tokenBucket } from './rules/token-bucket/token-bucket.ts'

const numbers = { capacity: 8, per: '1s' } as const
const rules: readonly (readonly [name: string, rule: CountingRule])[] = [
  ['token-bucket', tokenBucket(numbers)],
  ['burst-max', burstMax({ refill: 8, per: '1s' })],
  ['first-window', fixedWindow({ ...numbers, align: 'first' })],
  ['calendar-window', fixedWindow({ capacity: 8, per: 'day', timeZone: 'UTC' })],
  ['sliding-window', slidingWindow(numbers)],
  ['sliding-log', slidingWindow({ ...numbers, exact: true })],
  ['sliding-log', slidingWindow({ ...numbers, slots: 6 })],
  ['concurrency', concurrency({ capacity: 8 })],
  ['guaranteed', guaranteedPart(fixedWindow(numbers), { numerator: 1, denominator: 2 })!],
]

/** What is left of a rule on its way through a database, a worker or a careless change. */
const copies: readonly (readonly [how: string, copy: (rule: object) => unknown])[] = [
  ['spread', (rule) => ({ ...rule })],
  ['JSON', (rule) => JSON.parse(JSON.stringify(rule)) as unknown],
  ['structuredClone', (rule) => structuredClone(rule)],
  ['Object.assign', (rule) => Object.assign({}, rule)],
]

describe.each(rules)('a rule of kind %s', (name, rule) => {
  test('carries its kind where nothing enumerates it', () => {
    expect(rule[ruleKind].name).toBe(name)
    expect(rule.kind).toBe(name)
    expect(Object.keys(rule)[0]).toBe('kind')
    expect(Object.keys(rule)).not.toContain(ruleKind)
    expect(Object.getOwnPropertyDescriptor(rule, ruleKind)).toMatchObject({ enumerable: false, writable: false })
    expect(Object.isFrozen(rule)).toBe(true)
  })

  test.each(copies)('equals a copy by %s, which stores cannot decide', (_, copy) => {
    expect(copy(rule)).toEqual(rule)
    expect(isCountingRule(rule)).toBe(true)
    expect(isCountingRule(copy(rule))).toBe(false)
  })

  test('makes parts that stores can decide', () => {
    const part = { numerator: 1, denominator: 2 }
    const kind = rule[ruleKind]
    expect([kind.part(rule, part), (kind.localPart ?? kind.part)(rule, part)].map(isCountingRule)).toEqual([true, true])
  })
})

test.each([
  ['the most', shareOf('app', 0.5)],
  ['the least', guaranteedShareOf('app', 0.5)],
])('a share that is %s of its parent is no rule by itself, and a copy of it is no share', (_, share) => {
  expect([isCountingRule(share), isShare(share)]).toEqual([false, true])
  expect(copies.map(([, copy]) => isShare(copy(share)))).toEqual([false, false, false, false])
})

test.each([undefined, null, 7, 'token-bucket', {}, [], { kind: 'token-bucket' }])('%j is no rule', (value) => {
  expect([isCountingRule(value), isShare(value)]).toEqual([false, false])
})
