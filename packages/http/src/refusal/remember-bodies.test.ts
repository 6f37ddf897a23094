import { expect, test } from 'vitest'
import { exhausted, impossible, limited } from '../../test/decisions.ts'
import { disclosedLimits } from '../headers/disclosed-limits.ts'
import { type RefusalFacts, refusalBody } from './refusal-body.ts'
import { rememberBodies } from './remember-bodies.ts'

const facts = (refused: RefusalFacts['refused'], more: Partial<RefusalFacts> = {}): RefusalFacts => ({
  refused,
  limits: disclosedLimits(refused),
  status: 429,
  ...more,
})
const slow = (seconds: number, name = 'ip'): RefusalFacts => facts(limited(exhausted(name, seconds * 1000)))

test('refusals with the same wait for the same limits get the same body, written once', () => {
  const bodies = rememberBodies()
  const first = bodies(slow(30), 'problem')
  expect(bodies(slow(30), 'problem')).toBe(first)
  expect(bodies(facts(limited(exhausted('ip', 29_001))), 'problem')).toBe(first)
})

test.each<[string, RefusalFacts, 'problem' | 'page' | 'line']>([
  ['another wait', slow(31), 'problem'],
  ['another limit', slow(30, 'user'), 'problem'],
  ['two limits', facts(limited(exhausted('ip', 30_000), exhausted('user', 30_000))), 'problem'],
  ['a limit that is not disclosed', { ...slow(30), limits: disclosedLimits(impossible()) }, 'problem'],
  ['another status', { ...slow(30), status: 503 }, 'problem'],
  ['another form', slow(30), 'page'],
  ['a request that a link can repeat', { ...slow(30), isSafe: true }, 'page'],
  ['a sentence of the application', { ...slow(30), message: 'Later.' }, 'problem'],
  ['a cost that is never admitted', facts(impossible()), 'problem'],
])('%s is told as it is, after another refusal', (_what, other, format) => {
  const bodies = rememberBodies()
  bodies(slow(30), 'problem')
  expect(bodies(other, format)).toEqual(refusalBody(other, format))
})

test('a page says how much its own reader may have, where a limit admits more to some', () => {
  const of = (capacity: number): RefusalFacts => facts(limited(exhausted('ip', 30_000, { capacity })))
  const bodies = rememberBodies()
  for (const capacity of [10, 20]) expect(bodies(of(capacity), 'page').body).toContain(`ip: ${capacity} a minute`)
})

test('stays bounded, and right, however many waits there are', () => {
  const bodies = rememberBodies()
  for (let seconds = 1; seconds <= 300; seconds++) expect(bodies(slow(seconds), 'line')).toEqual(refusalBody(slow(seconds), 'line'))
  expect(bodies(slow(1), 'line')).toEqual(refusalBody(slow(1), 'line'))
})
