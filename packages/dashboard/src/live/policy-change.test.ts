import { expect, test } from 'vitest'
import { policyChanges } from './policy-change.ts'

test('names each value that differs by its path, and not the version', () => {
  const before = { version: '1', limits: { user: { rule: { tokenBucket: { capacity: 10, per: '1m' } }, shadow: true }, ip: {} } }
  const after = { version: '2', limits: { user: { rule: { tokenBucket: { capacity: 20, per: '1m' } } }, ip: {}, key: { nearAt: 0.5 } } }
  expect(policyChanges(before, after)).toEqual([
    { path: 'limits.user.rule.tokenBucket.capacity', before: '10', after: '20' },
    { path: 'limits.key.nearAt', before: undefined, after: '0.5' },
    { path: 'limits.user.shadow', before: 'true', after: undefined },
  ])
})

test('a page shows at most a hundred, of documents of any depth', () => {
  let deep: object = {}
  for (let i = 0; i < 10_000; i++) deep = { a: deep }
  const wide = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`limit${i}`, i]))
  expect(policyChanges({}, { ...wide, deep: {} })).toHaveLength(100)
  expect(() => policyChanges({}, { list: [1, 2] })).not.toThrow()
  expect(policyChanges({ deep: 1 }, { deep: { a: { a: 2 } } }).map(({ path }) => path)).toEqual(['deep.a.a', 'deep'])
})
