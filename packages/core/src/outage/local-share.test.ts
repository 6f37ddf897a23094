import { expect, test } from 'vitest'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { localShare } from './local-share.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })

test('is the whole limit where there is one process', () => {
  const terms = { rule, initial: 10, version: 0 }
  expect(localShare(1)(terms)).toBe(terms)
})

test('divides the rate exactly and the capacity downwards', () => {
  const { rule: part } = localShare(3)({ rule, initial: 10, version: 4 })
  expect(part).toMatchObject({ kind: 'token-bucket', capacity: 3, refill: 10 / 3, rate: 1, scale: 300_000 })
})

test('keeps at least one unit', () => {
  expect(localShare(100)({ rule, initial: 10, version: 0 })).toMatchObject({ rule: { capacity: 1 }, initial: 1 })
})

test('divides what a bucket starts with, and keeps the version', () => {
  expect(localShare(2)({ rule, initial: 3, version: 7 })).toMatchObject({ rule: { capacity: 5 }, initial: 1, version: 7 })
})

test('gives the same object for the same terms, since buckets are compared by it', () => {
  const terms = { rule, initial: 10, version: 0 }
  const share = localShare(2)
  expect(share(terms)).toBe(share(terms))
})
