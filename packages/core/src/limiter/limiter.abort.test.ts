import { describe, expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Store } from '../store.ts'
import { deferred } from '../testing/deferred.ts'
import { lateStore } from '../testing/late-store.ts'
import { createLimiter } from './limiter.ts'

const user: Limit<string> = { name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 10, per: '1s' }) }
const aborted = expect.objectContaining({ code: 'SLUICE_ABORTED', cause: 'gone' })

/** A store that holds its decisions back until it is told to send them. */
function heldBack(): { store: Store; send: () => void } {
  const store = lateStore()
  const { promise, resolve } = deferred<void>()
  const own: Store = { ...store, decide: async (call) => promise.then(() => store.decide(call)) }
  return { store: surviveOutages(own, { processes: 1 }), send: () => resolve() }
}

test('a signal that was given before is not asked about anything', () => {
  const limiter = createLimiter<string>({ limits: [user] })
  expect(() => limiter.consume('ann', { signal: AbortSignal.abort('gone') })).toThrow(aborted)
  expect(limiter.inspect('user', 'ann')).toBe(null)
})

test('a signal that is never given changes nothing', async () => {
  const limiter = createLimiter<string>({ limits: [user], store: surviveOutages(lateStore(), { processes: 1 }) })
  expect(await limiter.consume('ann', { signal: new AbortController().signal })).toMatchObject({ allowed: true })
})

test('a signal given while the functions of the limits run keeps the store from being asked', async () => {
  const { promise, resolve } = deferred<string>()
  const limiter = createLimiter<string>({ limits: [{ ...user, by: () => promise }] })
  const controller = new AbortController()
  const answer = limiter.consume('ann', { signal: controller.signal })
  controller.abort('gone')
  resolve('ann')
  await expect(answer).rejects.toThrow(aborted)
  expect(await limiter.inspect('user', 'ann')).toBe(null)
})

describe('a signal given while the store is asked', () => {
  test.each([
    ['gives a reservation back when it comes', 'reserve', null],
    ['leaves a consumption charged', 'consume', { remaining: 6 }],
  ] as const)('%s', async (_, verb, left) => {
    const { store, send } = heldBack()
    const limiter = createLimiter<string>({ limits: [user], store })
    const controller = new AbortController()
    const answer = limiter[verb]('ann', { cost: 4, signal: controller.signal })
    controller.abort('gone')
    await expect(answer).rejects.toThrow(aborted)
    send()
    await new Promise(setImmediate)
    const seen = await limiter.inspect('user', 'ann')
    if (left === null) expect(seen).toBe(null)
    else expect(seen).toMatchObject(left)
  })

  test('disturbs no caller where giving the reservation back fails', async () => {
    const { store, send } = heldBack()
    const limiter = createLimiter<string>({
      limits: [user],
      store: surviveOutages({ ...store, settle: () => Promise.reject(new Error('connection lost')) }, { processes: 1 }),
    })
    const controller = new AbortController()
    const answer = limiter.reserve('ann', { cost: 4, signal: controller.signal })
    controller.abort('gone')
    await expect(answer).rejects.toThrow(aborted)
    send()
    // An unhandled rejection would fail the run.
    await new Promise(setImmediate)
    expect(await limiter.inspect('user', 'ann')).toMatchObject({ remaining: 6 })
  })
})
