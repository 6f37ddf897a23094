import { expect, test } from 'vitest'
import { onceEach, troubles } from './troubles.ts'

test('an outage began with its first cause, and ends for whom it ends', () => {
  const trouble = troubles()
  const [one, two] = [{}, {}]
  const refused = { state: 'began', code: 'ECONNREFUSED', reason: 'connect' }
  trouble.outage(one, null, refused, 1000)
  trouble.outage(two, null, refused, 2000)
  expect(trouble.outages()).toEqual([{ provider: null, code: 'ECONNREFUSED', reason: 'connect', sinceMs: 1000 }])
  trouble.outage(one, null, { state: 'began', code: 'LOADING', reason: 'Redis loads' }, 3000)
  expect(trouble.outages()[0]).toMatchObject({ code: 'LOADING', sinceMs: 1000 })
  trouble.outage(one, null, { state: 'ended' }, 4000)
  expect(trouble.outages()).toMatchObject([{ code: 'ECONNREFUSED', sinceMs: 2000 }])
  trouble.outage(two, null, { state: 'ended' }, 5000)
  expect(trouble.outages()).toEqual([])
})

test('of the same outage of several processes the first is kept, and providers are apart', () => {
  const of = (provider: string | null, sinceMs: number) => ({ provider, code: 'LOADING', reason: 'Redis loads', sinceMs })
  expect(onceEach([of(null, 5), of('llm', 2), of(null, 3)])).toEqual([of(null, 3), of('llm', 2)])
})

test('faults are counted by code and limit, the latest first, and forgotten after fifteen minutes', () => {
  const trouble = troubles()
  const fault = (code: string, limit: string | null, nowMs: number): void =>
    trouble.fault({ type: 'fault', error: { code } as never, limit }, nowMs)
  fault('SLUICE_KEY', 'user', 0)
  fault('SLUICE_COST', null, 500_000)
  fault('SLUICE_COST', null, 600_000)
  fault('SLUICE_KEY', 'user', 650_000)
  expect(trouble.faults(700_000)).toEqual([
    { code: 'SLUICE_KEY', limit: 'user', count: 2, lastMs: 650_000 },
    { code: 'SLUICE_COST', limit: null, count: 2, lastMs: 600_000 },
  ])
  expect(trouble.faults(1_520_000).map(({ code }) => code)).toEqual(['SLUICE_KEY'])
  for (let i = 0; i < 200; i++) fault(`SLUICE_${i}`, null, 1_600_000)
  expect(trouble.faults(1_600_000)).toHaveLength(50)
})
