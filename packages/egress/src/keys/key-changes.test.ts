/** What becomes of calls when keys come and go. */
import { expect, test } from 'vitest'
import { key, keyOf, poolOf } from '../../test/key-pools.ts'
import { fakeTime, outcomes, pass } from '../../test/provider-scene.ts'

fakeTime()

test('without a key that may send, a call is refused as unavailable, and a call that waits goes on with the next key', async () => {
  const pool = poolOf([key('a')])
  const { ends, call } = outcomes(pool)
  for (let i = 0; i < 3; i++) void call()
  await pass(100)
  pool.remove('a')
  await pass(0)
  const refusal = await pool.acquire().catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'SLUICE_EGRESS_KEYS', status: 503, retryAfterMs: null, scope: 'provider' })
  await pass(100)
  expect(ends).toEqual([0, 0, 'waiting'])
  pool.add(key('b'))
  await pass(0)
  expect(ends).toEqual([0, 0, 200])
})

test.each(['drain', 'remove', 'evict'] as const)(
  'calls that wait for a key go to another one at once, in their order: %s',
  async (what) => {
    const pool = poolOf([key('a')])
    const { ends, call } = outcomes(pool)
    const first = await pool.acquire()
    for (let i = 0; i < 4; i++) void call()
    await pass(0)
    expect(ends).toEqual([0, 'waiting', 'waiting', 'waiting'])
    pool.add(key('b'))
    await pass(100)
    if (what === 'evict') first.observe({}, 401)
    else void pool[what]('a')
    await pass(0)
    expect(ends).toEqual([0, 100, 100, 'waiting'])
    await pass(1100)
    expect(ends).toEqual([0, 100, 100, 1200])
  },
)

test('a call that waits for the next key in vain is refused when its time is over; one that is aborted, at once', async () => {
  const pool = poolOf([key('a')], { queue: { wait: '2s' } })
  const { ends, call } = outcomes(pool)
  const stop = new AbortController()
  for (const options of [{}, {}, {}, { signal: stop.signal }]) void call(options)
  await pass(100)
  pool.remove('a')
  await pass(100)
  stop.abort(new Error('gone'))
  await pass(0)
  expect(ends).toEqual([0, 0, 'waiting', 'gone'])
  await pass(1800)
  expect(ends).toEqual([0, 0, 'SLUICE_EGRESS_KEYS', 'gone'])
})

test.each(['no other key', 'another key'])('a call that is aborted in the moment in which its key goes is not sent: %s', async (left) => {
  const pool = poolOf([key('a')])
  const { ends, call } = outcomes(pool)
  const stop = new AbortController()
  for (const options of [{}, {}, { signal: stop.signal }]) void call(options)
  await pass(0)
  if (left === 'another key') pool.add(key('b'))
  pool.remove('a')
  stop.abort(new Error('gone'))
  await pass(0)
  expect(ends).toEqual([0, 0, 'gone'])
  expect(pool.snapshot().waiting).toBe(0)
})

test('a drained key takes no new call, and is gone when its calls have ended', async () => {
  const pool = poolOf([key('a'), key('b')], { limits: { requests: { capacity: 100, per: '1s' } } })
  const permit = await pool.acquire()
  const drained = permit.key!
  let isGone = false
  void pool.drain(drained).then(() => {
    isGone = true
  })
  expect(new Set(await Promise.all(Array.from({ length: 10 }, () => keyOf(pool)))).has(drained)).toBe(false)
  expect(isGone).toBe(false)
  expect(pool.snapshot().keys.find(({ label }) => label === drained)).toMatchObject({ state: 'draining', inFlight: 1 })
  permit.settle()
  await pass(0)
  expect(isGone).toBe(true)
  expect(pool.snapshot().keys.map(({ label }) => label)).not.toContain(drained)
})

test('the next key of an account goes on in the window of the last one', async () => {
  const pool = poolOf([key('old', { group: 'org' })])
  const { ends, call } = outcomes(pool)
  void call().then((permit) => permit?.settle())
  void call().then((permit) => permit?.settle())
  await pass(0)
  await pool.drain('old')
  pool.add(key('new', { group: 'org' }))
  void call()
  await pass(1100)
  expect(ends).toEqual([0, 0, 1100])
})

test('a permit that is forgotten does not hold its key for ever', async () => {
  const pool = poolOf([key('a')], { permitTtl: '3s' })
  await pool.acquire()
  const drained = pool.drain('a')
  await pass(3000)
  await drained
  expect(pool.snapshot().keys).toEqual([])
})

test('close refuses what waits, also for a key', async () => {
  const pool = poolOf([key('a')])
  const { ends, call } = outcomes(pool)
  for (let i = 0; i < 3; i++) void call()
  await pass(0)
  pool.remove('a')
  await pass(0)
  await pool.close()
  await pass(0)
  void call()
  await pass(0)
  expect(ends).toEqual([0, 0, 'SLUICE_CLOSED', 'SLUICE_CLOSED'])
})
