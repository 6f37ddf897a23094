import { expect, test } from 'vitest'
import { unlimited } from '../key.ts'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { guaranteedShareOf } from '../rules/guaranteed/guaranteed-share.ts'
import { shareOf } from '../rules/share/share.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { createLimiter } from './limiter.ts'

const rule = tokenBucket({ capacity: 2, per: '1h', mode: 'interval' })
const by = (key: string): string => key

/** A limit that is unlimited for bob alone. */
const byPlan = (key: string) => (key === 'bob' ? unlimited : rule)

test.each<[string, Limit<string>['rule'], Limit<string>['rule']]>([
  ['a rule', unlimited, shareOf('plan', 0.5)],
  ['what a rule function returns', byPlan, shareOf('plan', 0.5)],
  ['what a rule function returns later', async (key) => byPlan(key), shareOf('plan', 0.5)],
  ['the parent of a guaranteed share', unlimited, guaranteedShareOf('plan', 0.5)],
])('unlimited is %s: every call passes, also by its shares, and no bucket is made', async (_what, plan, share) => {
  const store = memoryStore()
  const limiter = createLimiter<string>({
    store,
    limits: [
      { name: 'plan', by, rule: plan },
      { name: 'share', by, rule: share },
    ],
  })
  for (let i = 0; i < 5; i++) expect(await limiter.consume('bob', { cost: 100 })).toMatchObject({ allowed: true, limits: [] })
  const reservation = await limiter.reserve('bob')
  await reservation.settle({ plan: 7 })
  const facts = { name: 'plan', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
  expect([store.inspect(facts, 'bob', null), store.inspect({ ...facts, name: 'share' }, 'bob', null)]).toEqual([null, null])
})

test('a limit that is unlimited for one caller is none for the others, and other limits hold for all', () => {
  const limiter = createLimiter<string>({
    limits: [
      { name: 'plan', by, rule: byPlan },
      { name: 'all', by: () => 'all', rule: tokenBucket({ capacity: 4, per: '1h' }) },
    ],
  })
  const outcomes = (key: string): readonly boolean[] => [1, 2, 3].map(() => limiter.consume(key).allowed)
  expect([outcomes('ann'), outcomes('bob')]).toEqual([
    [true, true, false],
    [true, true, false],
  ])
})
