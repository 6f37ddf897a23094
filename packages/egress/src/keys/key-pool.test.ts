/** Which key a call gets. */
import { expect, test } from 'vitest'
import { key, keyOf, poolOf } from '../../test/key-pools.ts'
import { fakeTime, outcomes, pass } from '../../test/provider-scene.ts'
import { githubDialect } from '../dialects/github.ts'
import type { Permit } from '../provider/permit.ts'

fakeTime()

test('a call takes the key whose quota is free first, before its first attempt', async () => {
  const pool = poolOf([key('a'), key('b', { limits: { requests: { capacity: 1, per: '1s' } } })])
  const first = await Promise.all([1, 2, 3].map(() => keyOf(pool)))
  expect(first.toSorted()).toEqual(['a', 'a', 'b'])
  await pass(1200)
  void keyOf(pool)
  void keyOf(pool)
  await pass(600)
  // One of the two of `a` is free again 500 ms before that of `b`.
  const { ends, call } = outcomes(pool)
  await Promise.all([call(), call(), pass(3000)])
  expect(Math.max(...(ends as number[]))).toBeLessThanOrEqual(1100)
})

test('keys of one group share its quota, and groups add up', async () => {
  const together = outcomes(poolOf([key('a', { group: 'org' }), key('b', { group: 'org' })]))
  const apart = outcomes(poolOf([key('a'), key('b')]))
  for (const { call } of [together, apart]) for (let i = 0; i < 4; i++) void call()
  await pass(500)
  expect(together.ends).toEqual([0, 0, 'waiting', 'waiting'])
  expect(apart.ends).toEqual([0, 0, 0, 0])
})

test('a caller with a plan uses dedicated keys, and light ones the shared keys, though the others are free', async () => {
  const pool = poolOf([key('shared'), key('large', { tier: 'dedicated' })], {
    tier: (caller) => (caller === 'pro' ? 'dedicated' : 'shared'),
  })
  expect([await keyOf(pool, { caller: 'pro' }), await keyOf(pool, { caller: 'ada' }), await keyOf(pool)]).toEqual([
    'large',
    'shared',
    'shared',
  ])
  const { ends, call } = outcomes(pool)
  for (let i = 0; i < 3; i++) void call({ caller: 'pro', deadlineMs: 0 })
  await pass(0)
  // Overflow is off.
  expect(ends).toEqual([0, 'SLUICE_EGRESS_WAIT', 'SLUICE_EGRESS_WAIT'])
})

test('with `overflow` a dedicated caller uses shared keys when its own are full, and a light one never uses dedicated keys', async () => {
  const pool = poolOf([key('shared'), key('large', { tier: 'dedicated' })], {
    tier: (caller) => (caller === 'pro' ? 'dedicated' : undefined),
    overflow: true,
  })
  const pro = { caller: 'pro', deadlineMs: 0 }
  expect([await keyOf(pool, pro), await keyOf(pool, pro), await keyOf(pool, pro)]).toEqual(['large', 'large', 'shared'])
  await keyOf(pool, { caller: 'ada' })
  await expect(pool.acquire({ caller: 'ada', deadlineMs: 0 })).rejects.toMatchObject({ code: 'SLUICE_EGRESS_WAIT' })
})

test('a caller that measures heavy moves to the dedicated keys and back, with an event each time', async () => {
  const pool = poolOf([key('shared', { limits: { requests: { capacity: 100, per: '1s' } } }), key('large', { tier: 'dedicated' })], {
    limits: { requests: { capacity: 100, per: '1s' } },
    heavy: { above: 0.3, after: '5s', below: 0.1, backAfter: '10s' },
  })
  const moves: unknown[] = []
  pool.observe((event) => event.type === 'tier' && moves.push([event.caller, event.tier]))
  for (let i = 0; i < 80; i++) {
    for (let n = 0; n < 5; n++) void keyOf(pool, { caller: 'ada' })
    void keyOf(pool, { caller: 'bob' })
    await pass(100)
  }
  expect(moves).toEqual([['ada', 'dedicated']])
  expect([await keyOf(pool, { caller: 'ada' }), await keyOf(pool, { caller: 'bob' })]).toEqual(['large', 'shared'])
  await pass(9000)
  expect(await keyOf(pool, { caller: 'ada' })).toBe('large')
  await pass(12_000)
  expect(await keyOf(pool, { caller: 'ada' })).toBe('shared')
  expect(moves).toEqual([
    ['ada', 'dedicated'],
    ['ada', 'shared'],
  ])
})

test('a light caller uses no more than its share of the shared keys, and is told when the next call fits', async () => {
  const pool = poolOf([key('a'), key('b')], { limits: { requests: { capacity: 10, per: '1s' } }, sharePerCaller: 0.2 })
  const refusals: string[] = []
  pool.observe((event) => event.type === 'refused' && refusals.push(event.refusal.code))
  const { ends, call } = outcomes(pool)
  for (let i = 0; i < 5; i++) void call({ caller: 'ada' })
  void call({ caller: 'bob' })
  void call()
  await pass(100)
  expect(ends).toEqual([0, 0, 0, 0, 'SLUICE_EGRESS_SHARE', 0, 0])
  expect(refusals).toEqual(['SLUICE_EGRESS_SHARE'])
  const refusal = await pool.acquire({ caller: 'ada' }).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ status: 429, scope: 'caller' })
  const { retryAfterMs } = refusal as { retryAfterMs: number }
  expect(retryAfterMs).toBeLessThanOrEqual(1000)
  await pass(retryAfterMs)
  await expect(pool.acquire({ caller: 'ada' })).resolves.toBeDefined()
})

test('a call that is refused or cancelled gives its share back', async () => {
  const pool = poolOf([key('a')], { sharePerCaller: 0.5 })
  const permit = await pool.acquire({ caller: 'ada' })
  permit.cancel()
  await pool.acquire({ caller: 'bob' })
  await pool.acquire()
  await expect(pool.acquire({ caller: 'ada', deadlineMs: 0 })).rejects.toMatchObject({ code: 'SLUICE_EGRESS_WAIT' })
  await expect(pool.acquire({ caller: 'ada', deadlineMs: 0 })).rejects.toMatchObject({ code: 'SLUICE_EGRESS_WAIT' })
})

test.each([401, 403])('%i evicts a key with an event, and calls go on with the others until it is restored', async (status) => {
  const pool = poolOf([key('a', { group: 'org' }), key('b', { group: 'org' })], { limits: { requests: { capacity: 100, per: '1s' } } })
  const seen: unknown[] = []
  pool.observe((event) => event.type === 'key' && seen.push([event.key, event.state, event.status]))
  const permit = await pool.acquire()
  permit.observe({}, status)
  permit.settle()
  const [refused, other] = permit.key === 'a' ? ['a', 'b'] : ['b', 'a']
  expect(seen).toEqual([[refused, 'evicted', status]])
  expect(await Promise.all(Array.from({ length: 10 }, () => keyOf(pool)))).toEqual(Array(10).fill(other))
  expect(pool.snapshot().keys.find(({ label }) => label === refused)).toMatchObject({ state: 'evicted' })
  pool.restore(refused!)
  const both = await Promise.all([pool.acquire(), pool.acquire()])
  expect(both.map(({ key: label }) => label).toSorted()).toEqual(['a', 'b'])
})

test('a call that two keys are forbidden is to blame itself, and the first key comes back; a wrong key stays away', async () => {
  for (const [status, states] of [
    [403, ['active', 'active']],
    [401, ['evicted', 'evicted']],
  ] as const) {
    const pool = poolOf([key('a'), key('b')])
    const first = await pool.acquire()
    first.observe({}, status)
    const second = await pool.acquire({ refusedKey: first.key, again: true })
    expect(second.key).not.toBe(first.key)
    second.observe({}, status)
    expect(pool.snapshot().keys.map(({ state }) => state)).toEqual(states)
  }
})

test('a 403 that says that a limit is used up blocks the group of its key, and evicts nothing', async () => {
  const pool = poolOf([key('a'), key('b')], { dialect: githubDialect, limits: { core: { capacity: 10, per: '1h', cost: 1 } } })
  const permit = await pool.acquire()
  permit.observe({ 'retry-after': '30' }, 403)
  expect(pool.snapshot().keys.map(({ state }) => state)).toEqual(['active', 'active'])
  const others = await Promise.all(Array.from({ length: 4 }, () => keyOf(pool)))
  expect(others).not.toContain(permit.key)
})

test('429 blocks the group of its key and no other', async () => {
  const pool = poolOf([key('a', { group: 'org' }), key('b', { group: 'org' }), key('c')], {
    limits: { requests: { capacity: 10, per: '1s' } },
  })
  const permits: Permit[] = []
  for (let i = 0; i < 3; i++) permits.push(await pool.acquire())
  permits.find(({ key: label }) => label === 'a' || label === 'b')!.observe({ 'retry-after': '30' }, 429)
  expect(new Set(await Promise.all(Array.from({ length: 8 }, () => keyOf(pool))))).toEqual(new Set(['c']))
})
