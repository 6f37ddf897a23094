import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answered, breakDown, call, charge, clock, consume, rule, scene, troubled } from '../../test/outage-scene.ts'
import { SLUICE_CLOSED } from '../errors.ts'
import { everyone } from '../key.ts'
import { createLimiter } from '../limiter/limiter.ts'
import type { LimiterEvent } from '../limiter-event.ts'
import { SluiceError } from '../sluice-error.ts'
import { surviveOutages } from './outage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a reservation is settled where it was made', () => {
  test('here, though the store is back', async () => {
    const it = scene()
    await breakDown(it)
    const { hold } = await it.survivor.decide(call('reserve', [charge({}, 4)]))
    it.be('well')
    await vi.advanceTimersByTimeAsync(100)
    await answered(it.survivor.decide(consume(0)))
    it.methods.length = 0
    expect(await it.survivor.settle(hold!, [1])).toEqual({ first: true, excess: [0] })
    expect(it.methods).toEqual([])
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
    expect(it.methods).toEqual(['decide', 'settle'])
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

test('what a closed store refuses is not sent again, and no rejection is left unheard', async () => {
  const it = scene()
  const { hold } = await answered(it.survivor.decide(call('reserve', [charge({}, 4)])))
  await breakDown(it)
  it.be('well')
  let settled = 0
  const closed = surviveOutages(
    {
      ...it.store,
      settle: () => {
        settled += 1
        return Promise.reject(settled === 1 ? new Error('gone') : new SluiceError(SLUICE_CLOSED, { what: 'store' }))
      },
    },
    { clock, processes: 1 },
  )
  await answered(closed.settle(hold!, [0]))
  await vi.advanceTimersByTimeAsync(5000)
  expect(settled).toBe(2)
})

test('an error of the caller is no outage', async () => {
  const it = scene()
  const closed = { ...it.store, decide: () => Promise.reject(new SluiceError(SLUICE_CLOSED, { what: 'store' })) }
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

test('warns where it is not said how many processes there are', () => {
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
  limiter.observe((event) => event.type !== 'store' && seen.push(event))
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
