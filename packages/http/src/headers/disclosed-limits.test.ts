import { describe, expect, test } from 'vitest'
import { allowed, status, unavailable, visible } from '../../test/decisions.ts'
import { disclosedLimits, mergeDisclosed, noLimits } from './disclosed-limits.ts'

const names = (limits: readonly { name: string }[]): string[] => limits.map((limit) => limit.name)

describe('what callers are told of', () => {
  test('disclosed limits, outermost first', () => {
    const decision = allowed(status('api', { disclose: false }), status('app'), status('seller'))
    expect(names(disclosedLimits(decision))).toEqual(['app', 'seller'])
  })

  test('no shadow limit, since a client that minds it would spoil the measurement', () => {
    expect(names(disclosedLimits(allowed(status('old'), status('new', { shadow: true }))))).toEqual(['old'])
  })

  test('nothing while nothing is decided, since every number would be invented', () => {
    expect(disclosedLimits({ ...unavailable(1000), limits: [status('ip')] })).toEqual([])
  })

  test('the list of the decision itself where all of it may be seen, so that passing requests copy nothing', () => {
    const decision = allowed(status('ip'))
    expect(disclosedLimits(decision)).toBe(decision.limits)
  })
})

describe('several guards on one request', () => {
  test('make one list in the order of the guards', () => {
    expect(names(mergeDisclosed(visible(status('ip')), visible(status('user'))))).toEqual(['ip', 'user'])
  })

  test('show the later status of a limit that both decide, in the place of the earlier', () => {
    const merged = mergeDisclosed(visible(status('ip', { remaining: 9 }), status('user')), visible(status('ip', { remaining: 4 })))
    expect(merged.map(({ name, remaining }) => [name, remaining])).toEqual([
      ['ip', 4],
      ['user', 4],
    ])
  })

  test('copy nothing where one of them says nothing', () => {
    const limits = visible(status('ip'))
    expect(mergeDisclosed(noLimits, limits)).toBe(limits)
    expect(mergeDisclosed(limits, noLimits)).toBe(limits)
  })

  test('take names such as __proto__ for what they are', () => {
    expect(names(mergeDisclosed(visible(status('__proto__')), visible(status('constructor'), status('__proto__'))))).toEqual([
      '__proto__',
      'constructor',
    ])
  })
})
