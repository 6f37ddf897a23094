import { lifetimeQuota } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { exhausted, impossible, limited, status, unavailable } from '../../test/decisions.ts'
import { disclosedLimits } from '../headers/disclosed-limits.ts'
import { isUsedUp, refusalSentence } from './refusal-sentence.ts'

const say = (refused: Parameters<typeof refusalSentence>[0], code: 429 | 503 = 429) =>
  refusalSentence(refused, disclosedLimits(refused), code)

test('a caller over the limit is asked to slow down, with the wait', () => {
  expect(say(limited(exhausted('ip', 30_000)))).toBe('Slow down - try again in 30 seconds.')
  expect(say(limited(exhausted('ip', 1)))).toBe('Slow down - try again in 1 second.')
})

test('a service that is full does not blame the caller', () => {
  expect(say(limited(exhausted('uploads', 5_000)), 503)).toBe('Too busy right now - try again in 5 seconds.')
})

test('an outage promises no time, as it would be an estimate', () => {
  expect(say(unavailable(1000), 503)).toBe('The service is short of capacity at the moment - please come back a little later.')
})

test('a key that is blocked for ever is told so, and nothing of the limit', () => {
  for (const disclose of [true, false]) {
    const refused = impossible(exhausted('secret', null, { blockedForMs: null, disclose }))
    expect(say(refused)).toBe('Requests like this one are blocked. Trying again will not help.')
  }
})

describe('a lifetime quota', () => {
  const rule = lifetimeQuota({ capacity: 100 })

  test.each<[sentence: string, cost: number, remaining: number]>([
    ['All 100 units are used up. Trying again will not help.', 1, 0],
    ['This request costs 5 units, and 3 of 100 are left. Trying again will not help; ask for less.', 5, 3],
    ['This request costs 500 units, and at most 100 can ever be admitted at once. Trying again will not help; ask for less.', 500, 0],
  ])('%s', (sentence, cost, remaining) => {
    const refused = impossible(exhausted('trial', null, { rule, capacity: 100, cost, remaining }))
    expect([say(refused), isUsedUp(refused)]).toEqual([sentence, cost <= 100])
  })

  test('that callers may not see is not named', () => {
    const refused = impossible(exhausted('trial', null, { rule, capacity: 100, cost: 1, disclose: false }))
    expect([say(refused), isUsedUp(refused)]).toEqual([
      'This request asks for more than is ever admitted at once. Trying again will not help; ask for less.',
      false,
    ])
  })
})

describe('an impossible cost', () => {
  test('is told what it costs and what would fit', () => {
    const refused = impossible(exhausted('llm', null, { cost: 500, capacity: 100 }))
    expect(say(refused)).toBe(
      'This request costs 500 units, and at most 100 can ever be admitted at once. Trying again will not help; ask for less.',
    )
  })

  test('is told the tightest of several capacities', () => {
    const refused = impossible(exhausted('a', null, { cost: 500, capacity: 100 }), exhausted('b', null, { cost: 60, capacity: 50 }))
    expect(say(refused)).toContain('costs 60 units, and at most 50')
  })

  test('learns nothing of an undisclosed capacity, nor of limits that are merely exhausted', () => {
    const refused = impossible(
      exhausted('api', null, { disclose: false, cost: 500, capacity: 77 }),
      exhausted('app', 1000),
      status('seller'),
    )
    expect(say(refused)).toBe('This request asks for more than is ever admitted at once. Trying again will not help; ask for less.')
  })
})
