import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { everyone } from '../key.ts'
import { ruleOf } from '../kind.ts'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { type TokenBucketOptions, tokenBucket, tokenBucketKind } from '../rules/token-bucket/token-bucket.ts'
import { forgetWarnings } from '../warn.ts'
import { limiterGroup, register, standsFor, unregister } from './limiter-store.ts'
import { compilePolicy } from './policy.ts'

const numbers: TokenBucketOptions = { capacity: 10, per: '1s' }
const conflict = expect.objectContaining({ code: 'SLUICE_LIMIT_CONFLICT', facts: { name: 'app' } })

function app(more: Partial<Limit> = {}): Limit {
  return { name: 'app', by: everyone, rule: tokenBucket(numbers), ...more }
}

function entered(...definitions: Limit[]): () => void {
  const store = memoryStore()
  return () => {
    for (const definition of definitions) register(store, {}, compilePolicy([definition], '0'))
  }
}

describe('one name on one store', () => {
  const shared = app()
  test.each([
    ['the same object', shared, shared],
    ['equal definitions', app(), app()],
    ['equal rules that are two objects', app(), app({ rule: ruleOf(tokenBucketKind, { ...tokenBucket(numbers) }) })],
    ['functions of the same text', app({ by: () => 'x' }), app({ by: () => 'x' })],
  ])('may be defined twice by %s', (_, a, b) => {
    expect(entered(a, b)).not.toThrow()
  })

  test.each([
    ['other numbers', app(), app({ rule: tokenBucket({ ...numbers, capacity: 11 }) })],
    ['another rule function', app(), app({ rule: () => tokenBucket(numbers) })],
    ['another key', app({ by: () => 'x' }), app({ by: () => 'y' })],
    ['another cost', app(), app({ cost: 2 })],
    ['an option more', app({ shadow: true }), app()],
    ['an option less', app(), app({ shadow: true })],
  ])('may not be defined twice with %s', (_, a, b) => {
    expect(entered(a, b)).toThrow(conflict)
  })
})

describe('two definitions of equal text', () => {
  let warned: MockInstance
  beforeEach(() => {
    forgetWarnings()
    warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  })
  afterEach(() => warned.mockRestore())

  const ruleOfCapacity = (capacity: number) => () => tokenBucket({ ...numbers, capacity })
  const costOf = (units: number) => () => units
  const keyOf = (key: string) => () => key
  function header(this: string): string {
    return this
  }

  test.each([
    ['rules that close over other numbers', app({ rule: ruleOfCapacity(10) }), app({ rule: ruleOfCapacity(3) })],
    ['costs', app({ cost: costOf(1) }), app({ cost: costOf(2) })],
    ['conditions', app({ when: () => true }), app({ when: () => true })],
    ['keys', app({ by: keyOf('a') }), app({ by: keyOf('b') })],
    ['bound functions', app({ by: header.bind('a') }), app({ by: header.bind('b') })],
    ['functions that stand for others', app({ by: standsFor(() => 'x', keyOf('a')) }), app({ by: standsFor(() => 'y', keyOf('b')) })],
  ])('by %s draw one warning, which names the limit', (_, a, b) => {
    entered(a, b, a, b)()
    expect(warned.mock.calls).toEqual([
      [expect.stringMatching(/^The limit app is defined twice/), { type: 'SluiceWarning', code: 'SLUICE_LIMIT_CLOSURES' }],
    ])
  })

  const shared = keyOf('a')
  test.each([
    ['the same object', app({ by: shared }), undefined],
    ['the same function', app({ by: shared }), app({ by: shared })],
    ['functions that stand for the same one', app({ by: standsFor(() => 'x', shared) }), app({ by: standsFor(() => 'x', shared) })],
    ['no function but a shared one', app(), app()],
  ])('by %s draw none', (_, a, b) => {
    entered(a, b ?? a)()
    expect(warned).not.toHaveBeenCalled()
  })

  test('draw none for an owner that replaces its own, and where the first owner has left', () => {
    const store = memoryStore()
    const one = {}
    for (const capacity of [10, 3]) register(store, one, compilePolicy([app({ rule: ruleOfCapacity(capacity) })], '0'))
    unregister(store, one)
    register(store, {}, compilePolicy([app({ rule: ruleOfCapacity(5) })], '0'))
    expect(warned).not.toHaveBeenCalled()
  })

  test('draw one within a group of many limiters, where other definitions conflict', () => {
    const group = limiterGroup(memoryStore(), { limiters: 'many', closesStore: false })
    const enter = (limit: Limit): void => group.enter(compilePolicy([limit], '0'))
    enter(app({ by: keyOf('a') }))
    enter(app({ by: keyOf('b') }))
    expect(warned).toHaveBeenCalledTimes(1)
    expect(() => enter(app({ cost: 2 }))).toThrow(conflict)
  })
})

test('one name on two stores is two limits', () => {
  register(memoryStore(), {}, compilePolicy([app()], '0'))
  expect(() => register(memoryStore(), {}, compilePolicy([app({ cost: 2 })], '0'))).not.toThrow()
})

describe('an owner', () => {
  test('may change its own definition, as long as no other limiter has it', () => {
    const store = memoryStore()
    const [one, other] = [{}, {}]
    register(store, one, compilePolicy([app()], '0'))
    expect(() => register(store, one, compilePolicy([app({ cost: 2 })], '0'))).not.toThrow()
    register(store, other, compilePolicy([app({ cost: 2 })], '0'))
    expect(() => register(store, one, compilePolicy([app({ cost: 3 })], '0'))).toThrow(conflict)
  })

  test('that conflicts changes nothing', () => {
    const store = memoryStore()
    const [one, other] = [{}, {}]
    const ip = { ...app(), name: 'ip' }
    register(store, one, compilePolicy([app(), ip], '0'))
    register(store, other, compilePolicy([app()], '0'))
    expect(() => register(store, one, compilePolicy([{ ...ip, cost: 2 }, app({ cost: 2 })], '0'))).toThrow(conflict)
    expect(() => register(store, {}, compilePolicy([{ ...ip, cost: 2 }], '0'))).toThrow(/ip/)
  })

  test('that leaves frees its names, except those that others have', () => {
    const store = memoryStore()
    const [one, other] = [{}, {}]
    register(store, one, compilePolicy([app()], '0'))
    register(store, other, compilePolicy([app()], '0'))
    unregister(store, one)
    expect(() => register(store, {}, compilePolicy([app({ cost: 2 })], '0'))).toThrow(conflict)
    unregister(store, other)
    expect(() => register(store, {}, compilePolicy([app({ cost: 2 })], '0'))).not.toThrow()
  })

  test('that never came may leave', () => {
    expect(() => unregister(memoryStore(), {})).not.toThrow()
  })
})
