import { burstMax, concurrency, fixedWindow, lifetimeQuota, type Rule, slidingWindow, tokenBucket } from '@sluice/core'
import { expect, test } from 'vitest'
import { ruleInWords } from './rule-in-words.ts'

test.each<[words: string, rule: Rule & { readonly capacity: number }]>([
  ['100 a minute', tokenBucket({ capacity: 100, per: '1m' })],
  ['100 a minute, at most 20 at once', tokenBucket({ capacity: 20, refill: 100, per: '1m' })],
  ['1,000 an hour', slidingWindow({ capacity: 1000, per: '1h' })],
  ['5 every 2 minutes', tokenBucket({ capacity: 5, per: '2m' })],
  ['1 every 250 milliseconds', tokenBucket({ capacity: 1, per: '250ms' })],
  ['10 a calendar day in Asia/Seoul', fixedWindow({ capacity: 10, per: 'day', timeZone: 'Asia/Seoul' })],
  ['10 a calendar year in UTC', fixedWindow({ capacity: 10, per: 'year', timeZone: 'UTC' })],
  ['10 a calendar week in UTC', fixedWindow({ capacity: 10, per: 'week', timeZone: 'UTC' })],
  ['10 a calendar month in UTC', fixedWindow({ capacity: 10, per: 'month', timeZone: 'UTC' })],
  ['10 a day', fixedWindow({ capacity: 10, per: '1d' })],
  ['4 a second, at most 8 at once', burstMax({ refill: 4, per: '1s' })],
  ['1,000 in all', lifetimeQuota({ capacity: 1000 })],
  ['3 at the same time', concurrency({ capacity: 3 })],
])('%s', (words, rule) => {
  expect(ruleInWords({ rule, capacity: rule.capacity })).toBe(words)
})
