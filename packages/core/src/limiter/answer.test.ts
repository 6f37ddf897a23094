import { describe, expect, test } from 'vitest'
import type { LimitStatus } from '../decision.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Verdict } from '../store.ts'
import { nothingApplies } from '../store.ts'
import { decisionOf, unavailable } from './answer.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })

function status(name: string, more: Partial<LimitStatus> = {}): LimitStatus {
  const none = { retryAfterMs: 0, replenishAfterMs: 0, resetAfterMs: 0, disclose: true, parent: null }
  return { name, allowed: true, shadow: false, near: false, capacity: 10, cost: 1, remaining: 9, rule, ...none, ...more }
}

function verdict(allowed: boolean, limits: LimitStatus[], more: Partial<Verdict> = {}): Verdict {
  return { allowed, limits, undone: [], hold: null, decidedBy: 'store', ...more }
}

const refused = (name: string, retryAfterMs: number | null, more: Partial<LimitStatus> = {}): LimitStatus =>
  status(name, { allowed: false, retryAfterMs, ...more })

test('allowed is allowed, whatever a shadow limit says', () => {
  const limits = [status('app'), refused('trial', 500, { shadow: true })]
  expect(decisionOf(verdict(true, limits), '7')).toEqual({
    allowed: true,
    outcome: 'allowed',
    retryAfterMs: 0,
    limits,
    refusedBy: [],
    decidedBy: 'store',
    policyVersion: '7',
  })
})

describe('a refusal', () => {
  test.each([
    [
      'waits for the longest of the limits that refuse',
      [refused('app', 300), status('ip'), refused('user', 700)],
      'limited',
      700,
      ['app', 'user'],
    ],
    ['does not wait for a shadow limit', [refused('app', 300), refused('trial', 900, { shadow: true })], 'limited', 300, ['app']],
    ['does not wait for a limit that admits', [refused('app', 300), status('ip', { resetAfterMs: 900 })], 'limited', 300, ['app']],
    ['that can never pass has no wait', [refused('app', 300), refused('tokens', null)], 'impossible', null, ['app', 'tokens']],
    [
      'may wait although a shadow limit can never pass',
      [refused('app', 300), refused('trial', null, { shadow: true })],
      'limited',
      300,
      ['app'],
    ],
  ])('%s', (_, limits, outcome, retryAfterMs, refusedBy) => {
    expect(decisionOf(verdict(false, limits), '0')).toMatchObject({ allowed: false, outcome, retryAfterMs, refusedBy, limits })
  })

  test('reports earlier stages first, as they stand after they were given back, and each limit once', () => {
    const undone = [status('ip', { remaining: 10 }), status('app', { remaining: 8 })]
    const limits = [refused('app', 100)]
    const decision = decisionOf(verdict(false, limits, { undone }), '0')
    expect(decision.limits).toEqual([undone[0], limits[0]])
    expect(decision.refusedBy).toEqual(['app'])
  })

  test('of a limit that cannot be decided is not one of the limit', () => {
    const decision = decisionOf(verdict(false, [], { unavailable: ['app'] }), '3')
    expect(decision).toEqual(unavailable(['app'], '3'))
    expect(decision).toEqual({
      allowed: false,
      outcome: 'unavailable',
      retryAfterMs: 1000,
      limits: [],
      refusedBy: ['app'],
      decidedBy: 'none',
      policyVersion: '3',
    })
  })
})

test('where no limit applies, nothing is decided', () => {
  expect(decisionOf(nothingApplies, '0')).toMatchObject({ allowed: true, limits: [], decidedBy: 'none' })
  expect(Object.isFrozen(nothingApplies)).toBe(true)
})

test('who decided is passed on', () => {
  for (const decidedBy of ['store', 'cache', 'local'] as const) {
    expect(decisionOf(verdict(true, [status('app')], { decidedBy }), '0').decidedBy).toBe(decidedBy)
    expect(decisionOf(verdict(false, [refused('app', 1)], { decidedBy }), '0').decidedBy).toBe(decidedBy)
    expect(decisionOf(verdict(false, [refused('app', null)], { decidedBy }), '0').decidedBy).toBe(decidedBy)
  }
})
