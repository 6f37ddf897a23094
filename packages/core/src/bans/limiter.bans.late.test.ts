import { expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import { createLimiter } from '../limiter/limiter.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { lateStore } from '../testing/late-store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { ban } from './ban.ts'

const login: Limit<string> = {
  name: 'login',
  by: (id) => id,
  rule: tokenBucket({ capacity: 2, per: '1m' }),
  ban: ban({ after: 3, within: '10s', for: '1m', factor: 2, atMost: '1h' }),
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

test('on a store that answers later no caller waits for a strike, and each refusal counts once however many come together', async () => {
  const limiter = createLimiter<string>({ limits: [login], store: surviveOutages(lateStore(), { processes: 1 }) })
  const bans: LimiterEvent[] = []
  limiter.observe((event) => event.type === 'ban' && bans.push(event))
  await Promise.all(Array.from({ length: 100 }, () => limiter.consume('ann')))
  await settled()
  expect(bans).toEqual([{ type: 'ban', limit: 'login', key: 'ann', level: 1, durationMs: 60_000 }])
  expect(await limiter.consume('ann')).toMatchObject({ retryAfterMs: 60_000, limits: [{ blockedForMs: 60_000 }] })
  expect(await limiter.bans('login')).toEqual([{ key: 'ann', blockedForMs: 60_000 }])
})

test('a strike that fails is reported to observers, and to no caller', async () => {
  const own = { ...lateStore(), strike: () => Promise.reject(new Error('connection lost')) }
  const store = surviveOutages(own, { processes: 1 })
  const limiter = createLimiter<string>({ limits: [login], store })
  const faults: LimiterEvent[] = []
  limiter.observe((event) => event.type === 'fault' && faults.push(event))
  for (let i = 0; i < 3; i++) expect((await limiter.consume('ann')).outcome).toBe(i < 2 ? 'allowed' : 'limited')
  await settled()
  expect(faults).toMatchObject([{ type: 'fault', limit: 'login', error: { code: 'SLUICE_STORE', cause: { message: 'connection lost' } } }])
})

test('refusals that this process decides in an outage are held against no key', async () => {
  let struck = 0
  const strike = async (): Promise<null> => {
    struck++
    return null
  }
  const dead = { ...lateStore(), strike, decide: () => Promise.reject(new Error('connection refused')) }
  const limiter = createLimiter<string>({ limits: [login], store: surviveOutages(dead, { processes: 1, clock: manualClock() }) })
  const answers = []
  for (let i = 0; i < 9; i++) answers.push((await limiter.consume('ann')).allowed)
  await settled()
  expect([answers.filter((allowed) => !allowed).length, struck]).toEqual([7, 0])
})

test('what this process knows of a ban holds while the store is away', async () => {
  let away = false
  const late = lateStore()
  const decide: typeof late.decide = (call) => (away ? Promise.reject(new Error('connection refused')) : late.decide(call))
  const store = surviveOutages({ ...late, decide }, { processes: 1, clock: manualClock() })
  const limiter = createLimiter<string>({ limits: [login], store })
  for (let i = 0; i < 5; i++) await limiter.consume('ann')
  await settled()
  away = true
  expect(await limiter.consume('ann')).toMatchObject({ decidedBy: 'local', limits: [{ blockedForMs: 60_000 }] })
  expect(await limiter.consume('bob')).toMatchObject({ decidedBy: 'local', allowed: true })
})
