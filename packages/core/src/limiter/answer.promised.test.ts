/** On an asynchronous store every answer is a promise. */
import { expect, test } from 'vitest'
import { everyone, skip } from '../key.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Store } from '../store.ts'
import { createLimiter } from './limiter.ts'

/** A store that is away: it throws at once. */
const away = new Proxy({} as Store, {
  get: (_, name) =>
    name === 'sync'
      ? false
      : name === 'decide' || !/^(?:mostLimits|fastPath|decideLaterStage|watch)$/.test(String(name))
        ? refuse
        : undefined,
})
function refuse(): never {
  throw new Error('connection refused')
}

const rule = tokenBucket({ capacity: 9, per: '1m' })

test('in an outage, where no limit applies, and for what a reservation of this process is asked', async () => {
  const store = surviveOutages(away, { processes: 1 })
  const limiter = createLimiter<string>({ store, limits: [{ name: 'user', by: (id) => (id === '' ? skip : id), rule }] })
  const both: unknown[] = [limiter.consume(''), limiter.peek(''), limiter.refund(''), limiter.consumeUpTo('', { atMost: 2 })]
  for (let i = 0; i < 6; i++) {
    both.push(limiter.consume('ann'), limiter.peek('ann'), limiter.consumeUpTo('ann', { atMost: 1 }), limiter.refund('ann'))
    const reserving = limiter.reserve('ann')
    both.push(reserving)
    const held = await reserving
    both.push(held.renew(), held.settle(1), held.cancel(), held.settle(2))
  }
  for (const verb of ['inspect', 'reset'] as const) {
    const answer = limiter[verb]('user', 'ann') as Promise<unknown>
    await expect(answer).rejects.toMatchObject({ code: 'SLUICE_STORE' })
  }
  expect(both.map((answer) => typeof (answer as Promise<unknown> | undefined)?.then)).toEqual(both.map(() => 'function'))
  await Promise.all(both)
})

test('of the store itself, too', async () => {
  const store = surviveOutages(away, { processes: 1 })
  for (let i = 0; i < 5; i++) {
    const answer = store.decide({ action: 'peek', charges: [], undo: [], migrate: 'keepUsed' })
    expect(answer).toBeInstanceOf(Promise)
    await answer
  }
})

test('an error is a rejection', async () => {
  const limiter = createLimiter<string>({ store: surviveOutages(away, { processes: 1 }), limits: [{ name: 'user', by: everyone, rule }] })
  await limiter.close()
  await expect(limiter.consume('ann')).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
})
