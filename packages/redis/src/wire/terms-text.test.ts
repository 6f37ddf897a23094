import { burstMax, concurrency, fixedWindow, lifetimeQuota, shareOf, slidingWindow, type Terms, tokenBucket } from '@sluice/core'
import { guaranteedKind, ruleOf } from '@sluice/core/internal'
import { expect, test } from 'vitest'
import { readTerms, writeTerms } from './terms-text.ts'

function terms(rule: Terms['rule'], more: Partial<Terms> = {}): Terms {
  return { rule, initial: rule.capacity, version: 0, ...more }
}

const guaranteed = ruleOf(guaranteedKind, { capacity: 3, refill: 3, perMs: 1000, scale: 1, periodUs: 1_000_000 })
const ten = tokenBucket({ capacity: 10, per: '1m' })

test.each<[string, Terms, string]>([
  ['a token bucket', terms(ten), 'ga,1,3klmo,zq0ao,'],
  [
    'one by intervals with a refill of its own',
    terms(tokenBucket({ capacity: 10, refill: 3, per: '1m', mode: 'interval' })),
    'ia,3,1,zq0ao,3',
  ],
  ['a strict burst', terms(burstMax({ refill: 10, per: '1s' })), 'bk,a,1,lfls,10'],
  ['windows from the first charge', terms(fixedWindow({ capacity: 10, per: '1s', align: 'first' })), 'fa,a,1,lfls,'],
  ['the estimate of a sliding window', terms(slidingWindow({ capacity: 10, per: '1s' })), 'sa,1,lfls,lfls,'],
  ['an exact sliding window', terms(slidingWindow({ capacity: 10, per: '1s', exact: true })), 'la,1,1,lfls,'],
  ['months in Seoul', terms(fixedWindow({ capacity: 10, per: 'month', timeZone: 'Asia/Seoul' })), 'ca,a,1,y9qwwe80,/month/Asia/Seoul'],
  ['a lifetime quota', terms(lifetimeQuota({ capacity: 10 })), 'oa,1,1,c90n7oqo0,'],
  ['slots', terms(concurrency({ capacity: 10, lease: '30s' })), '#a,1,1,hv05c,'],
  ['what is guaranteed of each second', terms(guaranteed), 'q3,3,1,lfls,'],
  ['buckets that start with less', terms(ten, { initial: 0 }), 'ga,1,3klmo,zq0ao,@0'],
  ['a later version', terms(ten, { version: 20_261_122 }), 'ga,1,3klmo,zq0ao,@@c29ky'],
  ['both', terms(ten, { initial: 5, version: 1 }), 'ga,1,3klmo,zq0ao,@5@1'],
])('%s is written shortly, and read as it was', (_, given, text) => {
  expect(writeTerms(given, 'limit')).toBe(text)
  expect(readTerms(text)).toEqual(given)
})

test('the same text gives the same terms, since buckets are compared by them', () => {
  expect(readTerms('ga,1,3klmo,zq0ao,')).toBe(readTerms('ga,1,3klmo,zq0ao,'))
})

test.each(['', 'g', 'ga,1,3klmo,zq0ao', 'za,1,3klmo,zq0ao,', 'the quick brown fox'])(
  'a text that is no terms is a fault of the store: %j',
  (text) => {
    expect(() => readTerms(text)).toThrow(expect.objectContaining({ code: 'SLUICE_STORE' }))
  },
)

test('a kind of rule that the scripts do not know is refused by the name of its limit', () => {
  const rule = shareOf('api', 0.5) as never
  expect(() => writeTerms({ rule, initial: 1, version: 0 }, 'app')).toThrow(
    expect.objectContaining({ code: 'SLUICE_RULE', facts: { name: 'app', value: rule } }),
  )
})
