import { channel } from 'node:diagnostics_channel'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Decision } from './decision.ts'
import type { Limit } from './limit.ts'
import { createLimiter } from './limiter/limiter.ts'
import type { LimiterEvent } from './limiter-event.ts'
import { memoryStore } from './memory/memory-store.ts'
import { observers } from './observe.ts'
import { surviveOutages } from './outage/outage.ts'
import { tokenBucket } from './rules/token-bucket/token-bucket.ts'
import type { SluiceError } from './sluice-error.ts'
import type { Store } from './store.ts'

const user: Limit<string, 'sync'> = { name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 1, per: '1s' }) }

const admitted = { allowed: true }

afterEach(() => vi.unstubAllGlobals())

describe('a listener', () => {
  test('hears every decision but those of peeks', () => {
    const limiter = createLimiter<string>({ limits: [user] })
    const heard: unknown[] = []
    const stop = limiter.observe((event) => heard.push(event))
    const decisions = [limiter.consume('ann'), limiter.consume('ann'), limiter.reserve('bob').decision]
    limiter.peek('ann')
    limiter.refund('ann')
    expect(heard).toMatchObject(decisions.map((decision) => ({ type: 'decision', decision })))
    stop()
    limiter.consume('ann')
    expect(heard.length).toBe(3)
  })

  test('with `refusedOnly` hears refusals and other events alone, and no event is made of an admission', () => {
    const watchers = observers()
    watchers.observe(() => undefined, { types: ['decision'], refusedOnly: true })
    expect([true, false].map((allowed) => watchers.watched({ allowed }))).toEqual([false, true])
    const limiter = createLimiter<string>({ limits: [user] })
    const heard: LimiterEvent[] = []
    const stop = limiter.observe((event) => heard.push(event), { types: ['decision'], refusedOnly: true })
    // A listener to all decisions lets events of admissions be made.
    limiter.observe(() => undefined)
    for (let i = 0; i < 3; i++) limiter.consume('ann')
    expect(heard).toMatchObject([1, 2].map(() => ({ type: 'decision', decision: { allowed: false }, limits: [{ key: 'ann' }] })))
    stop()
    limiter.consume('ann')
    expect(heard).toHaveLength(2)
    expect(() => limiter.observe(() => undefined, { refusedOnly: 1 as never })).toThrow(/refusedOnly/)
  })

  test('may listen twice and stop twice', () => {
    const limiter = createLimiter<string>({ limits: [user] })
    const listener = vi.fn()
    const [stop, stopToo] = [limiter.observe(listener), limiter.observe(listener)]
    limiter.consume('ann')
    stop()
    stop()
    limiter.consume('ann')
    stopToo()
    limiter.consume('ann')
    expect(listener).toHaveBeenCalledTimes(3)
  })

  test('that throws changes no decision and silences no listener; its error surfaces as an uncaught one', () => {
    const limiter = createLimiter<string>({ limits: [user] })
    const rethrown: (() => void)[] = []
    vi.stubGlobal('queueMicrotask', (run: () => void) => rethrown.push(run))
    limiter.observe(() => {
      throw new Error('listener')
    })
    const listener = vi.fn()
    limiter.observe(listener)
    expect(limiter.consume('ann').allowed).toBe(true)
    expect(listener).toHaveBeenCalledOnce()
    expect(rethrown.length).toBe(1)
    expect(rethrown[0]).toThrow('listener')
  })
})

describe('the diagnostics channels', () => {
  function subscribed(name: string): { messages: unknown[]; stop: () => void } {
    const messages: unknown[] = []
    const listener = (message: unknown): void => void messages.push(message)
    channel(name).subscribe(listener)
    return { messages, stop: () => channel(name).unsubscribe(listener) }
  }

  test('carry the decisions of every limiter, as long as somebody subscribes', () => {
    const { messages, stop } = subscribed('sluice:decision')
    const decisions: Decision[] = []
    for (let i = 0; i < 2; i++) decisions.push(createLimiter<string>({ limits: [user] }).consume('ann'))
    stop()
    createLimiter<string>({ limits: [user] }).consume('ann')
    expect(messages).toMatchObject(decisions.map((decision) => ({ type: 'decision', decision })))
  })

  test('carry faults', () => {
    const { messages, stop } = subscribed('sluice:fault')
    const limiter = createLimiter<string>({ limits: [{ ...user, by: () => undefined as never }], onFault: 'allow' })
    limiter.consume('ann')
    stop()
    expect(messages).toMatchObject([{ type: 'fault', limit: 'user', error: { code: 'SLUICE_KEY' } }])
  })

  test('carry a fault once, though it is told again by who had asked the limiter', () => {
    const { messages, stop } = subscribed('sluice:fault')
    const limiter = createLimiter<string>({ limits: [{ ...user, by: () => undefined as never }] })
    const asking = observers()
    const heard = vi.fn()
    asking.observe(heard)
    try {
      limiter.consume('ann')
    } catch (error) {
      asking.tell({ type: 'fault', error: error as SluiceError, limit: null })
    }
    stop()
    expect(messages.length).toBe(1)
    expect(heard).toHaveBeenCalledOnce()
  })

  test('carry an outage once, though each limiter on the store is told of it', async () => {
    const { messages, stop } = subscribed('sluice:outage')
    let away = true
    const memory = memoryStore()
    const decide: Store['decide'] = async (call) => (away ? Promise.reject(new Error('away')) : memory.decide(call))
    const store = surviveOutages({ ...memory, decide }, { onOutage: 'allow' })
    const [first, second] = [createLimiter<string>({ limits: [user], store }), createLimiter<string>({ limits: [user], store })]
    for (let i = 0; i < 3; i++) await first.consume('ann')
    away = false
    await vi.waitFor(async () => {
      await second.consume('bob')
      expect(messages.length).toBeGreaterThan(1)
    }, 10_000)
    stop()
    expect(messages).toMatchObject([{ state: 'began' }, { state: 'ended' }])
  })

  test.each([
    ['without a process', undefined],
    ['with a process that has no built-in modules', {}],
    ['with a process that lacks this one', { getBuiltinModule: () => undefined }],
  ])('are not needed: %s', async (_, process) => {
    vi.resetModules()
    // Otherwise other files would get the module without channels.
    onTestFinished(() => void vi.resetModules())
    vi.stubGlobal('process', process)
    const { observers: fresh } = await import('./observe.ts')
    const heard: LimiterEvent[] = []
    const watching = fresh()
    expect(watching.watched(admitted)).toBe(false)
    watching.observe((event) => heard.push(event))
    expect(watching.watched(admitted)).toBe(true)
    const event = { type: 'fault', limit: null, error: new Error('x') } as never
    watching.tell(event)
    expect(heard).toEqual([event])
  })
})

test('the lack of listeners is seen without looking at any decision', () => {
  const watching = observers()
  expect(watching.watched(admitted)).toBe(false)
  const stop = watching.observe(() => undefined)
  expect(watching.watched(admitted)).toBe(true)
  stop()
  expect(watching.watched(admitted)).toBe(false)
})

test.each([5, null, undefined, {}, 'log'])('%o is no listener', (listener) => {
  expect(() => observers().observe(listener as never)).toThrow('SLUICE_OPTION_TYPE: The listener of observe() must be a function')
})

describe('a listener to some types', () => {
  test('gets these alone, and nothing is watched for the others', () => {
    const { observe, tell, watched, watches } = observers()
    const heard: string[] = []
    const stop = observe(({ type }) => heard.push(type), { types: ['ban', 'settled'] })
    const ban: LimiterEvent = { type: 'ban', limit: 'user', key: 'ann', level: 1, durationMs: 1 }
    expect([watched(admitted), watches('ban'), watches('settled'), watches('store')]).toEqual([false, true, true, false])
    expect([tell(ban), tell({ type: 'store', verb: 'decide', durationMs: 1, result: 'answered' })]).toEqual([true, false])
    stop()
    expect([tell(ban), watches('ban')]).toEqual([false, false])
    expect(heard).toEqual(['ban'])
  })

  test.each([
    ['SLUICE_CHOICE', { types: ['bans'] }],
    ['SLUICE_OPTION_TYPE', { types: 'ban' }],
    ['SLUICE_OPTION_UNKNOWN', { type: 'ban' }],
  ])('is refused with %s for %o', (code, options) => {
    expect(() => observers().observe(() => undefined, options as never)).toThrow(expect.objectContaining({ code }))
  })
})
