/** Functions of the application that never answer: a fault at their time, and nothing is left of them. */
import { concurrency, createLimiter, type LimiterEvent, tokenBucket } from '@sluice/core'
import type { HttpLimit, HttpOptions, RouteOptions } from '@sluice/http'
import { expect } from 'vitest'
import { eventually, type Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: HttpLimit = { name: 'ip', rule }
const functionTimeout = '60ms'
const never = (): Promise<never> => new Promise(() => {})
let failLate: () => void = () => undefined
/** Fails once its time is over and `comesTooLate` is called: that must not be reported any more. */
const tooLate = (): Promise<never> =>
  new Promise((_resolve, reject) => {
    failLate = () => reject(new Error('secret of the application'))
  })
/** What comes of that, such as an unhandled rejection, which fails the run, comes within a few turns of the event loop. */
async function comesTooLate(): Promise<void> {
  failLate()
  await new Promise((resolve) => setTimeout(resolve, 10))
}

export function functionTimeContract({ open, adapter, describe, test }: Trial): void {
  const bound = createLimiter<string>({ limits: [{ name: 'bound', by: (id) => id, rule }] })
  const silent: readonly (readonly [string, RouteOptions<unknown>])[] = [
    ['by', { limits: [{ name: 'silent', by: never, rule }] }],
    ['by', { limits: [{ name: 'silent', by: tooLate, rule }] }],
    ['rule', { limits: [{ name: 'silent', by: () => 'a', rule: never }] }],
    ['cost', { limits: [{ ...ip, name: 'silent', cost: never }] }],
    ['when', { limits: [{ ...ip, name: 'silent', when: never }] }],
    ['cost', { cost: never }],
    ['cost', { cost: tooLate }],
    ['when', { when: never }],
    ['subject', { limiter: adapter.bind(bound, never) }],
    ['subject', { limiter: adapter.bind(bound, tooLate) }],
  ]

  /** A guard, and the faults that it tells. */
  function watched(guard: HttpOptions<unknown>): { guard: HttpOptions<unknown>; faults: unknown[] } {
    const faults: unknown[] = []
    const observe = (event: LimiterEvent): void => void (event.type === 'fault' && faults.push(event.error))
    return { guard: { functionTimeout, observe, ...guard }, faults }
  }

  describe.each(silent)('a %s function that does not answer in time', (name, sluice) => {
    test.each([
      ['throw', 500],
      ['deny', 503],
      ['allow', 200],
    ] as const)('is a fault: with onFault %s the answer is %i', async (onFault, status) => {
      const { guard, faults } = watched({ limits: [ip], onFault })
      const site = await open(guard, { routes: [{ path: '/', sluice }] })
      expect((await site.ask('/')).status).toBe(status)
      expect(faults).toMatchObject([{ code: 'SLUICE_FUNCTION_TIMEOUT', facts: { function: name, timeoutMs: 60 } }])
      if (status === 503) expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(10)
      await comesTooLate()
      expect(faults).toHaveLength(1)
    })
  })

  describe.each(['message', 'body'] as const)('a %s function', (name) => {
    const empty: HttpLimit = { name: 'empty', rule, initial: 0 }

    test('that answers later is waited for', async () => {
      const words = async (): Promise<string> => 'please come back later'
      const { ask } = await open({ limits: [empty], [name]: words })
      const reply = await ask('/')
      expect([reply.status, reply.body]).toEqual([429, expect.stringContaining('please come back later')])
    })

    test.each([
      ['does not answer in time', never, 'SLUICE_FUNCTION_TIMEOUT'],
      ['rejects', async () => Promise.reject(new Error('secret')), 'SLUICE_ROUTE_FUNCTION'],
      ['answers nonsense later', async () => 5, 'SLUICE_ROUTE_FUNCTION'],
    ])('that %s leaves the refusal in our words, unless faults are thrown', async (_what, words, code) => {
      for (const onFault of ['deny', 'allow', 'throw'] as const) {
        const { guard, faults } = watched({ limits: [empty], onFault, [name]: words })
        const reply = await (await open(guard)).ask('/')
        expect(reply.status).toBe(onFault === 'throw' ? 500 : 429)
        if (onFault !== 'throw') expect(JSON.parse(reply.body).detail).toMatch(/^Slow down/)
        expect(faults).toMatchObject([{ code }])
      }
    })
  })

  test('an onRefused that does not answer in time leaves the refusal in our words, unless faults are thrown', async () => {
    for (const onFault of ['deny', 'allow', 'throw'] as const) {
      const { guard, faults } = watched({ limits: [{ name: 'empty', rule, initial: 0 }], onFault })
      const { ask } = await open(guard, { routes: [{ path: '/' }], onRefused: never })
      const reply = await ask('/')
      expect(reply.status).toBe(onFault === 'throw' ? 500 : 429)
      if (onFault !== 'throw') expect(JSON.parse(reply.body).detail).toMatch(/^Slow down/)
      expect(faults).toMatchObject([{ code: 'SLUICE_FUNCTION_TIMEOUT', facts: { function: 'onRefused' } }])
    }
  })

  test('an onRefused that answers later is waited for', async () => {
    const { ask } = await open(
      { limits: [{ name: 'empty', rule, initial: 0 }] },
      { onRefused: async () => ({ status: 418, body: 'later' }) },
    )
    expect(await ask('/')).toMatchObject({ status: 418, body: 'later' })
  })

  test('a settle that does not answer in time keeps the estimate, is told, and gives its slot back', async () => {
    for (const settle of [never, tooLate]) {
      const { guard, faults } = watched({
        limits: [
          { ...ip, cost: 4, settle },
          { name: 'slots', rule: concurrency({ capacity: 1 }) },
        ],
      })
      const site = await open(guard)
      expect((await site.ask('/')).status).toBe(200)
      await eventually(async () => expect(await site.remaining('slots', '127.0.0.1', 1)).toBe(1))
      expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(6)
      expect(faults).toMatchObject([{ code: 'SLUICE_FUNCTION_TIMEOUT', facts: { function: 'settle', name: 'ip' } }])
      await comesTooLate()
      expect(faults).toHaveLength(1)
    }
  })
}
