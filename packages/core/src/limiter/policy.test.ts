import { describe, expect, test } from 'vitest'
import { everyone } from '../key.ts'
import type { Limit } from '../limit.ts'
import { shareOf } from '../rules/share/share.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { compilePolicy, limitNamed, nextVersion, parseVersion } from './policy.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const app: Limit = { name: 'app', by: everyone, rule }

function compile(...limits: unknown[]) {
  return compilePolicy(limits as Limit[], '0')
}

function coded(code: string) {
  return expect.objectContaining({ code })
}

describe('a limit', () => {
  test('gets its defaults', () => {
    expect(compile(app).limits[0]).toMatchObject({
      facts: { name: 'app', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null },
      definition: app,
      fixedRule: rule,
      share: undefined,
      parentAt: -1,
    })
  })

  test('keeps its own facts', () => {
    const facts = { shadow: true, disclose: false, nearAt: 0.5, debit: 'after', onOutage: 'deny' } as const
    expect(compile({ ...app, ...facts }).limits[0]!.facts).toEqual({ name: 'app', parent: null, fixedRule: true, ...facts })
  })

  test('is frozen', () => {
    expect(Object.isFrozen(compile(app).limits[0]!.facts)).toBe(true)
  })

  test.each([
    ['a name of other characters', { name: 'größe' }, 'SLUICE_LIMIT_NAME'],
    ['no name', { name: '' }, 'SLUICE_LIMIT_NAME'],
    ['a name with a line break', { name: 'a\nb' }, 'SLUICE_LIMIT_NAME'],
    ['a name of 129 characters', { name: 'x'.repeat(129) }, 'SLUICE_LIMIT_NAME'],
    ['a number for a name', { name: 7 }, 'SLUICE_LIMIT_NAME'],
    ['nothing to count by', { by: undefined }, 'SLUICE_LIMIT_BY'],
    ['a key in place of a function', { by: 'user' }, 'SLUICE_LIMIT_BY'],
    ['no rule', { rule: undefined }, 'SLUICE_RULE'],
    ['null for a rule', { rule: null }, 'SLUICE_RULE'],
    ['options in place of a rule', { rule: { capacity: 10, per: '1s' } }, 'SLUICE_RULE'],
    ['a rule of an unknown kind', { rule: { kind: 'leaky' } }, 'SLUICE_RULE'],
    ['a rule named like an object', { rule: { kind: 'toString' } }, 'SLUICE_RULE'],
    ['a spread copy of a rule', { rule: { ...rule, capacity: 5 } }, 'SLUICE_RULE'],
    ['a structured clone of a rule', { rule: structuredClone(rule) }, 'SLUICE_RULE'],
    ['a rule from JSON', { rule: JSON.parse(JSON.stringify(rule)) }, 'SLUICE_RULE'],
    ['a copy of a share', { rule: { ...shareOf('other', 0.5) } }, 'SLUICE_RULE'],
    ['half a unit of cost', { cost: 0.5 }, 'SLUICE_WHOLE_NUMBER'],
    ['a negative cost', { cost: -1 }, 'SLUICE_WHOLE_NUMBER'],
    ['a word for when', { when: 'always' }, 'SLUICE_OPTION_TYPE'],
    ['a number for shadow', { shadow: 1 }, 'SLUICE_OPTION_TYPE'],
    ['a word for disclose', { disclose: 'no' }, 'SLUICE_OPTION_TYPE'],
    ['an unknown outage', { onOutage: 'open' }, 'SLUICE_CHOICE'],
    ['an unknown debit', { debit: 'later' }, 'SLUICE_CHOICE'],
    ['a nearness of 0', { nearAt: 0 }, 'SLUICE_OPTION_TYPE'],
    ['a nearness in percent', { nearAt: 80 }, 'SLUICE_OPTION_TYPE'],
    ['no number for nearness', { nearAt: Number.NaN }, 'SLUICE_OPTION_TYPE'],
    ['more to start with than the capacity', { initial: 11 }, 'SLUICE_WHOLE_NUMBER'],
    ['less than nothing to start with', { initial: -1 }, 'SLUICE_WHOLE_NUMBER'],
    ['an unknown option', { windowMs: 1000 }, 'SLUICE_OPTION_UNKNOWN'],
  ])('with %s is refused', (_, wrong, code) => {
    expect(() => compile({ ...app, ...wrong })).toThrow(coded(code))
  })

  test.each([
    ['128 characters of a name', { name: 'x'.repeat(128) }],
    ['spaces and quotes in a name', { name: 'my "app" 1~' }],
    ['a cost of 0', { cost: 0 }],
    ['a nearness of 1', { nearAt: 1 }],
    ['nothing to start with', { initial: 0 }],
    ['functions', { rule: () => rule, cost: () => 1, when: () => true, by: () => 'x' }],
  ])('with %s is accepted', (_, right) => {
    expect(() => compile({ ...app, ...right })).not.toThrow()
  })
})

describe('a list of limits', () => {
  test.each([
    ['no list', undefined, 'SLUICE_OPTION_TYPE'],
    ['a single limit', app, 'SLUICE_OPTION_TYPE'],
    ['an empty list', [], 'SLUICE_LIMITS_EMPTY'],
    ['a hole', [app, undefined], 'SLUICE_OPTION_TYPE'],
    ['one name twice', [app, { ...app }], 'SLUICE_LIMIT_TWICE'],
  ])('that is or has %s is refused', (_, limits, code) => {
    expect(() => compilePolicy(limits as never, '0')).toThrow(coded(code))
  })

  test('is found by name, in any case that was given', () => {
    const policy = compile(app, { ...app, name: 'App' })
    expect(limitNamed(policy, 'App').facts.name).toBe('App')
    expect(() => limitNamed(policy, 'APP')).toThrow(expect.objectContaining({ facts: { name: 'APP', choices: ['app', 'App'] } }))
    expect(() => limitNamed(policy, '__proto__')).toThrow(coded('SLUICE_LIMIT_UNKNOWN'))
  })
})

describe('shares', () => {
  const share = (name: string, parent: string): unknown => ({ name, by: everyone, rule: shareOf(parent, 0.5) })

  test('know where their parent is', () => {
    const { limits } = compile(app, share('seller', 'app'), share('buyer', 'seller'))
    expect(limits.map(({ parentAt, facts, fixedRule }) => [parentAt, facts.parent, fixedRule === undefined])).toEqual([
      [-1, null, false],
      [0, 'app', true],
      [1, 'seller', true],
    ])
  })

  test.each([
    ['of a limit that is not there', [app, share('seller', 'ap')], 'SLUICE_SHARE_PARENT'],
    ['of a limit further in', [share('seller', 'app'), app], 'SLUICE_SHARE_PARENT'],
    ['of itself', [app, share('seller', 'seller')], 'SLUICE_SHARE_CYCLE'],
    ['of each other', [share('a', 'b'), share('b', 'a')], 'SLUICE_SHARE_CYCLE'],
    ['that meet a cycle', [share('a', 'b'), share('b', 'c'), share('c', 'b')], 'SLUICE_SHARE_CYCLE'],
  ])('%s are refused', (_, limits, code) => {
    expect(() => compile(...limits)).toThrow(coded(code))
  })

  test('say which way their cycle goes', () => {
    expect(() => compile(share('a', 'b'), share('b', 'a'))).toThrow(/a > b > a/)
  })
})

describe('the terms of a rule', () => {
  const other = tokenBucket({ capacity: 5, per: '1s' })

  test('are one object for each rule, so that a store may compare by identity', () => {
    const [limit] = compilePolicy([app], '12').limits
    const terms = limit!.termsOf(rule)
    expect(terms).toEqual({ rule, initial: 10, version: 12 })
    expect(Object.isFrozen(terms)).toBe(true)
    expect(limit!.termsOf(other)).toEqual({ rule: other, initial: 5, version: 12 })
    expect(limit!.termsOf(rule)).toBe(terms)
    expect(limit!.termsOf(rule)).toBe(terms)
  })

  test('start a bucket with what the limit says, at most the capacity', () => {
    const [limit] = compile({ ...app, rule: () => rule, initial: 7 }).limits
    expect([limit!.termsOf(rule).initial, limit!.termsOf(other).initial]).toEqual([7, 5])
  })
})

describe('a version', () => {
  test.each(['0', '7', '20261122', '9'.repeat(15), '007'])('may be %j', (version) => {
    expect(parseVersion(version)).toBe(version)
  })

  test.each([1, '', '-1', '1.5', 'v2', ' 1', '9'.repeat(16), undefined, null])('may not be %j', (version) => {
    expect(() => parseVersion(version)).toThrow(coded('SLUICE_VERSION'))
  })

  test('never goes back', () => {
    expect(nextVersion('5', undefined)).toBe('5')
    expect(nextVersion('5', '5')).toBe('5')
    expect(nextVersion('5', '10')).toBe('10')
    expect(() => nextVersion('10', '9')).toThrow(coded('SLUICE_VERSION_LOWER'))
    expect(() => nextVersion('10', 'x')).toThrow(coded('SLUICE_VERSION'))
  })

  test('that is none is refused with the policy', () => {
    expect(() => compilePolicy([app], 'latest')).toThrow(coded('SLUICE_VERSION'))
  })
})
