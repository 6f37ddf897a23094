import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SluiceError } from './errors.ts'
import { everyone } from './key.ts'
import type { OnOutage } from './limit.ts'
import { createLimiter } from './limiter.ts'
import { memoryStore } from './memory-store.ts'
import type { LimiterEvent, StoreEvent } from './observe.ts'
import { type OutageOptions, surviveOutages } from './outage.ts'
import type { Call, Charge, Hold, LimitFacts, Store } from './store.ts'
import { tokenBucket } from './token-bucket-rule.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const rule = tokenBucket({ capacity: 10, per: '1h' })
const clock = { nowMs: (): number => performance.now() + 1e12 }

/** A store that answers late, or fails, as it is told; and what was asked of it. */
function troubled(): { store: Store; be(state: 'well' | 'dead' | 'silent' | { lateMs: number }): void; asked: string[] } {
  const memory = memoryStore({ clock })
  const asked: string[] = []
  let state: 'well' | 'dead' | 'silent' | { lateMs: number } = 'well'
  const asking = <A extends unknown[], T>(name: string, ask: (...args: A) => T) => {
    return async (...args: A): Promise<T> => {
      asked.push(name)
      if (state === 'dead') throw new Error('connection refused')
      if (state === 'silent') return new Promise(() => {})
      const answer = ask(...args)
      if (state !== 'well') await new Promise((resolve) => setTimeout(resolve, (state as { lateMs: number }).lateMs))
      return answer
    }
  }
  const store: Store = {
    sync: false,
    decide: asking('decide', memory.decide),
    settle: asking('settle', memory.settle),
    renew: asking('renew', memory.renew),
    refund: asking('refund', memory.refund),
    inspect: asking('inspect', memory.inspect),
    reset: asking('reset', memory.reset),
    block: asking('block', memory.block),
    close: () => memory.close(),
  }
  return { store, be: (next) => (state = next), asked }
}

function charge(facts: Partial<LimitFacts> = {}, cost = 1): Charge {
  const limit = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null, ...facts } as const
  return { limit, key: 'ann', terms: termsOf, cost }
}
const termsOf = { rule, initial: 10, version: 0 }

function call(action: Call['action'], charges: readonly Charge[], undo: readonly Hold[] = []): Call {
  return { action, charges, undo, migrate: 'keepUsed' }
}

const consume = (cost = 1, facts: Partial<LimitFacts> = {}): Call => call('consume', [charge(facts, cost)])

interface Scene extends ReturnType<typeof troubled> {
  readonly survivor: Store
  readonly events: StoreEvent[]
}

function scene(options: OutageOptions = {}): Scene {
  const patient = troubled()
  const survivor = surviveOutages(patient.store, { clock, processes: 2, ...options })
  const events: StoreEvent[] = []
  survivor.watch!((event) => events.push(event))
  return { ...patient, survivor, events }
}

/** Lets all time pass that an answer may need. */
async function answered<T>(answer: T | Promise<T>): Promise<T> {
  await vi.advanceTimersByTimeAsync(150)
  return answer
}

/** Three failures, after which an outage has begun. */
async function breakDown({ survivor, be }: Scene): Promise<void> {
  be('dead')
  for (let i = 0; i < 3; i++) await survivor.decide(consume(0))
}

test('passes on what the store answers', async () => {
  const { survivor } = scene()
  expect(await answered(survivor.decide(consume(4)))).toMatchObject({ allowed: true, decidedBy: 'store', limits: [{ remaining: 6 }] })
})

test('answers at the deadline where the store is silent, and not before', async () => {
  const { survivor, be } = scene({ timeout: '100ms' })
  be('silent')
  let verdict: unknown
  void Promise.resolve(survivor.decide(consume())).then((it) => (verdict = it))
  await vi.advanceTimersByTimeAsync(99)
  expect(verdict).toBeUndefined()
  await vi.advanceTimersByTimeAsync(3)
  expect(verdict).toMatchObject({ allowed: true, decidedBy: 'local' })
})

test('answers at once where the store fails at once', async () => {
  const { survivor, be } = scene()
  be('dead')
  await expect(survivor.decide(consume())).resolves.toMatchObject({ decidedBy: 'local' })
})

describe('while the store is away', () => {
  test('a process enforces its part of the limit, and refuses truthfully', async () => {
    const it = scene({ processes: 2 })
    await breakDown(it)
    const verdicts = []
    for (let i = 0; i < 6; i++) verdicts.push(await it.survivor.decide(consume()))
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, true, true, false])
    expect(verdicts[5]).toMatchObject({ decidedBy: 'local', limits: [{ capacity: 5, remaining: 0, retryAfterMs: 720_000 }] })
  })

  test.each<[OnOutage, object]>([
    ['allow', { allowed: true, decidedBy: 'none', limits: [], hold: null }],
    ['deny', { allowed: false, decidedBy: 'none', limits: [], unavailable: ['user'] }],
    ['local', { allowed: true, decidedBy: 'local', limits: [{ name: 'user', remaining: 4 }] }],
  ])('a limit does what it says itself: %s', async (onOutage, wanted) => {
    for (const [own, general] of [
      [onOutage, 'allow'],
      [onOutage, 'deny'],
      [undefined, onOutage],
    ] as const) {
      const it = scene({ onOutage: general })
      it.be('dead')
      expect(await it.survivor.decide(consume(1, { onOutage: own }))).toMatchObject(wanted)
    }
  })

  test('one limit that denies refuses the call, and nobody is charged', async () => {
    const it = scene()
    await breakDown(it)
    const both = [charge({ name: 'app' }), charge({ name: 'login', onOutage: 'deny' })]
    expect(await it.survivor.decide(call('consume', both))).toMatchObject({ allowed: false, unavailable: ['login'] })
    expect(await it.survivor.decide(consume(0, { name: 'app' }))).toMatchObject({ limits: [{ remaining: 5 }] })
  })

  test('a shadow limit and a cost of 0 are denied nothing', async () => {
    const it = scene({ onOutage: 'deny' })
    await breakDown(it)
    expect(await it.survivor.decide(consume(1, { shadow: true }))).toMatchObject({ allowed: true, decidedBy: 'none' })
    expect(await it.survivor.decide(consume(0))).toMatchObject({ allowed: true, decidedBy: 'none' })
  })

  test('a cost that only the whole limit could admit is unavailable, not impossible', async () => {
    const it = scene({ processes: 4 })
    await breakDown(it)
    expect(await it.survivor.decide(consume(3))).toMatchObject({ allowed: false, unavailable: ['user'] })
    const { unavailable, limits } = await it.survivor.decide(consume(11))
    expect([unavailable, limits[0]!.retryAfterMs]).toEqual([undefined, null])
  })

  test('asks the store no more, but for one probe at a time', async () => {
    const it = scene()
    await breakDown(it)
    it.asked.length = 0
    it.be('silent')
    for (let i = 0; i < 20; i++) void it.survivor.decide(consume(0))
    expect(it.asked).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    for (let i = 0; i < 20; i++) void it.survivor.decide(consume(0))
    expect(it.asked).toEqual(['decide'])
  })

  test('goes back to the store by itself, and says when it began and ended', async () => {
    const it = scene()
    await breakDown(it)
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    expect(await answered(it.survivor.decide(consume()))).toMatchObject({ decidedBy: 'store' })
    expect(it.events.map((event) => [event.type, 'state' in event && event.state, event.error.code])).toEqual([
      ['outage', 'began', 'SLUICE_STORE'],
      ['outage', 'ended', 'SLUICE_STORE'],
    ])
    expect(it.events[0]!.error.cause).toEqual(new Error('connection refused'))
  })

  test('does not start over with every outage: what a process spent comes back by time alone', async () => {
    const it = scene()
    await breakDown(it)
    await it.survivor.decide(consume(5))
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    await answered(it.survivor.decide(consume(0)))
    await breakDown(it)
    expect(await it.survivor.decide(consume())).toMatchObject({ allowed: false, decidedBy: 'local' })
  })

  test('an operator gets an error and no guess', async () => {
    const it = scene()
    await breakDown(it)
    const { limit } = charge()
    for (const ask of [
      () => it.survivor.inspect(limit, 'ann', termsOf),
      () => it.survivor.reset(limit, 'ann'),
      () => it.survivor.block(limit, 'ann', 1000),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'SLUICE_STORE', cause: new Error('connection refused') })
    }
    it.be('silent')
    const silent = Promise.resolve(it.survivor.reset(limit, 'ann')).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(150)
    expect(await silent).toMatchObject({ code: 'SLUICE_STORE', cause: { code: 'SLUICE_STORE_LATE' } })
  })

  test('a block holds here as well', async () => {
    const it = scene()
    const { limit } = charge()
    await answered(it.survivor.block(limit, 'ann', 60_000))
    await breakDown(it)
    expect(await it.survivor.decide(consume())).toMatchObject({ allowed: false, decidedBy: 'local' })
  })
})

describe('a reservation is settled where it was made', () => {
  test('here, though the store is back', async () => {
    const it = scene()
    await breakDown(it)
    const { hold } = await it.survivor.decide(call('reserve', [charge({}, 4)]))
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    await answered(it.survivor.decide(consume(0)))
    it.asked.length = 0
    expect(await it.survivor.settle(hold!, [1])).toEqual({ first: true, excess: [0] })
    expect(it.asked).toEqual([])
  })

  test('in the store, or not at all: then the charge stays, and watchers hear of it', async () => {
    const it = scene()
    const { hold } = await answered(it.survivor.decide(call('reserve', [charge({}, 4)])))
    await breakDown(it)
    it.events.length = 0
    expect(await it.survivor.settle(hold!, [0])).toEqual({ first: false, excess: [0] })
    await it.survivor.refund([charge()])
    expect(it.events.map(({ type, error }) => [type, error.code])).toEqual([
      ['fault', 'SLUICE_STORE'],
      ['fault', 'SLUICE_STORE'],
    ])
  })

  test('earlier stages too, on either side, when a later one is refused', async () => {
    const it = scene()
    const { hold: there } = await answered(it.survivor.decide(call('reserve', [charge({ name: 'there' }, 4)])))
    await breakDown(it)
    const { hold: here } = await it.survivor.decide(call('reserve', [charge({ name: 'here' }, 4)]))
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    const refused = await answered(it.survivor.decide(call('consume', [charge({}, 11)], [there!, here!])))
    expect(refused.allowed).toBe(false)
    expect(await answered(it.survivor.settle(there!, [0]))).toMatchObject({ first: false })
    expect(await it.survivor.settle(here!, [0])).toMatchObject({ first: false })
  })
})

describe('an answer that comes late', () => {
  test('changes no decision, and what it reserved is given back', async () => {
    const it = scene()
    it.be({ lateMs: 300 })
    const verdict = await answered(it.survivor.decide(call('reserve', [charge({}, 4)])))
    expect(verdict).toMatchObject({ decidedBy: 'local', hold: { entries: [{ units: 4 }] } })
    await vi.advanceTimersByTimeAsync(300)
    expect(it.asked).toEqual(['decide', 'settle'])
    it.be('well')
    expect(await answered(it.survivor.decide(consume(0)))).toMatchObject({ decidedBy: 'store', limits: [{ remaining: 10 }] })
  })

  test('leaves a consumption charged once, in the store', async () => {
    const it = scene()
    it.be({ lateMs: 300 })
    await answered(it.survivor.decide(consume(4)))
    await vi.advanceTimersByTimeAsync(300)
    it.be('well')
    expect(await answered(it.survivor.decide(consume(0)))).toMatchObject({ decidedBy: 'store', limits: [{ remaining: 6 }] })
  })
})

test('an error of the caller is no outage', async () => {
  const it = scene()
  const closed = { ...it.store, decide: () => Promise.reject(new SluiceError('SLUICE_CLOSED', { what: 'store' })) }
  const survivor = surviveOutages(closed, { clock, processes: 1 })
  for (let i = 0; i < 5; i++) await expect(survivor.decide(consume())).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
})

describe('refuses at the start', () => {
  test.each([
    ['a timeout that is none', { timeout: 'soon' }, 'SLUICE_DURATION'],
    ['a timeout of two minutes', { timeout: '2m' }, 'SLUICE_WHOLE_NUMBER'],
    ['half a process', { processes: 0.5 }, 'SLUICE_WHOLE_NUMBER'],
    ['no process', { processes: 0 }, 'SLUICE_WHOLE_NUMBER'],
    ['an outage of another kind', { onOutage: 'open' }, 'SLUICE_CHOICE'],
    ['an unknown option', { retries: 3 }, 'SLUICE_OPTION_UNKNOWN'],
  ])('%s', (_, options, code) => {
    expect(() => surviveOutages(troubled().store, options as never)).toThrow(expect.objectContaining({ code }))
  })
})

test('warns where nobody said how many processes there are', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  surviveOutages(troubled().store)
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('`processes` is not set'),
    expect.objectContaining({ code: 'SLUICE_PROCESSES' }),
  )
  warn.mockRestore()
})

test('a limiter tells of outages, and of its decisions what they are', async () => {
  const it = scene({ onOutage: 'deny' })
  const limiter = createLimiter({ limits: [{ name: 'user', by: everyone, rule }], store: it.survivor })
  const seen: LimiterEvent[] = []
  limiter.observe((event) => seen.push(event))
  it.be('dead')
  for (let i = 0; i < 3; i++) await limiter.consume()
  expect(await limiter.consume()).toEqual({
    allowed: false,
    outcome: 'unavailable',
    retryAfterMs: 1000,
    limits: [],
    refusedBy: ['user'],
    decidedBy: 'none',
    policyVersion: '0',
  })
  expect(seen.map(({ type }) => type)).toEqual(['decision', 'decision', 'outage', 'decision', 'decision'])
  await limiter.close()
  it.be('well')
  await vi.advanceTimersByTimeAsync(100)
  await answered(it.survivor.decide(consume(0)))
  expect(seen).toHaveLength(5)
})
