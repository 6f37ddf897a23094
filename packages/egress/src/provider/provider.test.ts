import { expect, test, vi } from 'vitest'
import { fakeClock, fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { sharedMirror } from '../../test/shared-mirror.ts'
import type { Mirror } from '../mirror/mirror.ts'
import { EgressRefusal } from '../refusal.ts'
import type { AcquireOptions } from './acquire-options.ts'
import type { MirrorStore, ProviderOptions } from './options.ts'

fakeTime()

test('sends what a window holds at once, and the rest in the order of arrival when the window has room again', async () => {
  const { ends, call } = outcomes(providerOf())
  for (let i = 0; i < 5; i++) void call()
  await pass(0)
  expect(ends).toEqual([0, 0, 'waiting', 'waiting', 'waiting'])
  await pass(1100)
  expect(ends).toEqual([0, 0, 1100, 1100, 'waiting'])
  await pass(1100)
  expect(ends).toEqual([0, 0, 1100, 1100, 2200])
})

test('refuses on arrival what would wait too long, and says when to come back; then it is sent at once', async () => {
  const provider = providerOf({ queue: { wait: '500ms' } })
  const { ends, call } = outcomes(provider)
  void call()
  void call()
  await pass(300)
  const refused = await provider.acquire().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(EgressRefusal)
  expect(refused).toMatchObject({ code: 'SLUICE_EGRESS_WAIT' })
  await pass((refused as EgressRefusal).retryAfterMs!)
  void call()
  await pass(0)
  expect(ends).toEqual([0, 0, 0])
})

test('a queue that is full refuses, and lets the next one in when a call has left', async () => {
  const provider = providerOf({ queue: { depth: 1 } })
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 4; i++) void call()
  await pass(0)
  expect(ends).toEqual([0, 0, 'waiting', 'SLUICE_EGRESS_DEPTH'])
  await pass(1100)
  void call()
  await pass(0)
  expect(ends[4]).toBe(0)
})

test('a call that is aborted leaves the queue, and its place goes to the next one', async () => {
  const { ends, call } = outcomes(providerOf())
  const stop = new AbortController()
  void call()
  void call()
  void call({ signal: stop.signal })
  void call()
  void call()
  await pass(500)
  stop.abort(new Error('gone'))
  await pass(700)
  expect(ends).toEqual([0, 0, 'gone', 1100, 1100])
})

test('a signal that was given before is not waited for', async () => {
  const { ends, call } = outcomes(providerOf())
  void call({ signal: AbortSignal.abort(new Error('before')) })
  await pass(0)
  expect(ends).toEqual(['before'])
})

test('a deadline refuses on arrival; one in the past still lets a call be sent that need not wait', async () => {
  const { ends, call } = outcomes(providerOf())
  void call({ deadlineMs: -5 })
  void call()
  void call({ deadlineMs: 1000 })
  void call({ deadlineMs: 1200 })
  await pass(1100)
  expect(ends).toEqual([0, 0, 'SLUICE_EGRESS_WAIT', 1100])
})

test('a call that waits in vain is refused when its time is over', async () => {
  const provider = providerOf({ concurrency: 1, queue: { wait: '2s' } })
  const { ends, call } = outcomes(provider)
  void call()
  void call()
  await pass(1999)
  expect(ends).toEqual([0, 'waiting'])
  await pass(1)
  expect(ends).toEqual([0, 'SLUICE_EGRESS_WAIT'])
  expect(provider.snapshot()).toMatchObject({ waiting: 0, inFlight: 1 })
})

test('concurrency is taken before rate: no quota is booked for a call that has no slot', async () => {
  const provider = providerOf({ concurrency: 1, limits: { requests: { capacity: 10, per: '1s' } } })
  const { ends, call } = outcomes(provider)
  const first = call()
  for (let i = 0; i < 3; i++) void call()
  await pass(900)
  expect(ends).toEqual([0, 'waiting', 'waiting', 'waiting'])
  const permit = await first
  permit?.settle()
  await pass(0)
  expect(ends).toEqual([0, 900, 'waiting', 'waiting'])
})

test('the first lane goes first, and what a lane keeps free is never used by the others', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 4, per: '1s' } }, queue: { lanes: { interactive: 0, batch: 0.5 } } })
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 3; i++) void call({ lane: 'interactive' })
  void call({ lane: 'batch' })
  void call({ lane: 'batch' })
  await pass(0)
  expect(ends).toEqual([0, 0, 'waiting', 0, 0])
})

test('callers share the quota fairly: a light caller does not wait behind the backlog of a heavy one', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 10, per: '1s' } }, queue: { wait: '1m' } })
  const { ends, call } = outcomes(provider)
  void call({ caller: 'light' })
  for (let i = 0; i < 50; i++) void call({ caller: 'heavy' })
  void call({ caller: 'light' })
  await pass(0)
  expect(ends.at(-1)).toBe(0)
})

test('the excess of a heavy caller waits in a queue of its own, and all of it is served in the end', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 10, per: '1s' } }, queue: { wait: '1m' } })
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 3; i++) void call({ caller: `light ${i}` })
  for (let i = 0; i < 30; i++) void call({ caller: 'heavy' })
  for (let i = 0; i < 20; i++) {
    void call({ caller: `light ${i % 3}` })
    await pass(500)
  }
  await pass(20_000)
  expect(ends.filter((end) => typeof end !== 'number')).toEqual([])
  expect(Math.max(...(ends.slice(33) as number[]))).toBeLessThanOrEqual(0)
})

test('wrong input is refused with its name, and books nothing', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 2, per: '1s' }, tokens: { capacity: 50, per: '1s' } } })
  const { ends, call } = outcomes(provider)
  const wrong: AcquireOptions[] = [
    {},
    { cost: { tokens: Number.NaN } },
    { cost: { tokens: 1.5 } },
    { cost: { tokens: 51 } },
    { cost: { tokens: 1, tokns: 1 } },
    { cost: { tokens: 1 }, lane: 'fast' },
    { cost: { tokens: 1 }, deadlineMs: Number.NaN },
  ]
  for (const options of wrong) await call(options)
  expect(ends).toEqual([
    'SLUICE_COST',
    'SLUICE_COST',
    'SLUICE_COST',
    'SLUICE_EGRESS_COST',
    'SLUICE_LIMIT_UNKNOWN',
    'SLUICE_CHOICE',
    'SLUICE_OPTION_TYPE',
  ])
  await call({ cost: { tokens: 50 } })
  expect(ends.at(-1)).toBe(0)
})

test.each<[string, Partial<ProviderOptions>, string]>([
  ['name', { name: 'a b' }, 'SLUICE_OPTION_TYPE'],
  ['no limit', { limits: {} }, 'SLUICE_LIMITS_EMPTY'],
  ['capacity', { limits: { requests: { capacity: 0, per: '1s' } } }, 'SLUICE_WHOLE_NUMBER'],
  ['period', { limits: { requests: { capacity: 1, per: 'soon' as '1s' } } }, 'SLUICE_DURATION'],
  ['shape', { shape: 'round' as 'steady' }, 'SLUICE_CHOICE'],
  ['lanes', { queue: { lanes: { a: 0.6, b: 0.6 } } }, 'SLUICE_OPTION_TYPE'],
  ['unknown', { speed: 1 } as Partial<ProviderOptions>, 'SLUICE_OPTION_UNKNOWN'],
  ['dialect', { dialect: 'openai' as never }, 'SLUICE_OPTION_TYPE'],
])('a wrong option is an error at the start: %s', (_, options, code) => {
  expect(() => providerOf(options)).toThrow(code)
})

test('close refuses what waits and leaves no timer', async () => {
  const provider = providerOf()
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 3; i++) void call().then((permit) => permit?.settle())
  await pass(0)
  await provider.close()
  await pass(0)
  expect(ends).toEqual([0, 0, 'SLUICE_CLOSED'])
  expect(vi.getTimerCount()).toBe(0)
})

test.each([
  // What the store has booked is sent.
  ['answers', false, 40],
  ['fails', true, 'SLUICE_CLOSED'],
] as const)('close refuses also calls that are being asked for, and a store that %s is asked no more', async (_, fails, second) => {
  const shared = sharedMirror(fakeClock(), 10)
  let closed = false
  let questions = 0
  const store: MirrorStore = {
    open(name, rules) {
      const mirror = shared.open(name, rules)
      const take: Mirror['take'] = async (ask) => {
        questions += 1
        const taken = await mirror.take(ask)
        if (closed && fails) throw new Error('of the store')
        return taken
      }
      return { ...mirror, take }
    },
  }
  const provider = providerOf({ store, concurrency: 4, queue: { wait: '1h' } })
  const { ends, call } = outcomes(provider)
  for (let i = 0; i < 3; i++) void call()
  await pass(25)
  for (let i = 0; i < 3; i++) void call()
  expect(provider.snapshot()).toMatchObject({ inFlight: 1, waiting: 5 })
  closed = true
  await provider.close()
  await pass(1000)
  expect(ends).toEqual([20, second, ...Array.from({ length: 4 }, () => 'SLUICE_CLOSED')])
  const questionsByThen = questions
  await pass(60_000)
  expect(questions).toBe(questionsByThen)
})

test('a saturated provider is steady after the first window: no gap above two seconds at ten times the load', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 30, per: '30s' } }, transit: '100ms' })
  const sent: number[] = []
  for (let i = 0; i < 600; i++) {
    void provider.acquire().then(
      (permit) => {
        sent.push(Date.now())
        permit.settle()
      },
      () => {},
    )
    await pass(100)
  }
  for (let i = 0; i < 600; i++) {
    void provider.acquire().then(
      () => sent.push(Date.now()),
      () => {},
    )
    await pass(100)
  }
  const late = sent.filter((at) => at > sent[0]! + 30_200)
  const gaps = late.slice(1).map((at, i) => at - late[i]!)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2000)
  expect(late.length).toBeGreaterThanOrEqual(86)
})
