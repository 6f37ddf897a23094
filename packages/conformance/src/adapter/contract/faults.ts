/** Functions of the application that fail: answered as configured, told to those who observe, and never the end of the server. */
import { createLimiter, tokenBucket } from '@sluice/core'
import type { HttpLimit, HttpOptions, RouteOptions } from '@sluice/http'
import { expect } from 'vitest'
import { publishedFaults } from '../published-faults.ts'
import { quotaOf } from '../quota-fields.ts'
import type { Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: HttpLimit = { name: 'ip', rule }
const broken = (): never => {
  throw new Error('secret of the application')
}
const rejecting = async (): Promise<never> => broken()

export function faultsContract({ open, adapter, describe, test }: Trial): void {
  const failing: readonly (readonly [string, RouteOptions<unknown>])[] = [
    ['the key of a limit, which throws', { limits: [{ name: 'broken', by: broken, rule }] }],
    ['the key of a limit, which rejects', { limits: [{ name: 'broken', by: rejecting, rule }] }],
    ['the rule of a limit, which throws', { limits: [{ name: 'broken', by: () => 'a', rule: broken }] }],
    ['the rule of a limit, which rejects', { limits: [{ name: 'broken', by: () => 'a', rule: rejecting }] }],
    ['the rule of a limit, which answers nonsense', { limits: [{ name: 'broken', by: () => 'a', rule: () => ({ kind: 'nonsense' }) }] }],
    ['the condition of a limit', { limits: [{ ...ip, name: 'broken', when: broken }] }],
    ['the cost of a route, which throws', { cost: broken }],
    ['the cost of a route, which rejects', { cost: rejecting }],
    ['the condition of a route, which throws', { when: broken }],
    ['the condition of a route, which rejects', { when: rejecting }],
    [
      'the subject of a limiter, which throws',
      { limiter: adapter.bind(createLimiter<string>({ limits: [{ name: 'bound', by: (id) => id, rule }] }), broken) },
    ],
    [
      'the subject of a limiter, which rejects',
      { limiter: adapter.bind(createLimiter<string>({ limits: [{ name: 'bound', by: (id) => id, rule }] }), rejecting) },
    ],
    [
      'the key of a limiter, which throws',
      { limiter: adapter.bind(createLimiter<string>({ limits: [{ name: 'bound', by: broken, rule }] }), () => 'a') },
    ],
  ]

  describe.each(failing)('a failure of %s', (_what, sluice) => {
    test.each([
      ['throw', 500],
      ['deny', 503],
      ['allow', 200],
    ] as const)('with onFault %s answers %i, and is observed and published, once', async (onFault, status) => {
      const faults: unknown[] = []
      const published = publishedFaults()
      const observe: HttpOptions<unknown>['observe'] = (event) => event.type === 'fault' && faults.push(event.error)
      const site = await open({ limits: [ip], onFault, observe }, { routes: [{ path: '/', sluice }] })
      const reply = await site.ask('/')
      expect(reply.status).toBe(status)
      expect(faults).toMatchObject([{ name: 'SluiceError' }])
      expect(published.map(({ error }) => error)).toEqual(faults)
      if (status !== 500) expect(reply.body).not.toContain('secret')
      if (status !== 503) return
      expect(quotaOf(reply)).toEqual({})
      expect(await site.remaining('ip', '127.0.0.1', 10)).toBe(10)
    })
  })

  describe('a refusal', () => {
    const empty: HttpLimit = { name: 'empty', rule, initial: 0 }

    test.each([
      ['message', broken],
      ['body', broken],
      ['body', () => undefined],
      ['body', () => ({ waitNs: 1n })],
      ['body', () => ({ toJSON: () => undefined })],
      ['message', () => 5],
    ])('whose %s function fails is sent in our words all the same, unless faults are thrown', async (name, words) => {
      for (const onFault of ['deny', 'allow', 'throw'] as const) {
        const faults: unknown[] = []
        const guard = {
          limits: [empty],
          onFault,
          [name]: words,
          observe: (event: { type: string }) => event.type === 'fault' && faults.push(event),
        }
        const reply = await (await open(guard)).ask('/')
        expect(reply.status).toBe(onFault === 'throw' ? 500 : 429)
        if (onFault !== 'throw') expect(JSON.parse(reply.body).detail).toMatch(/^Slow down/)
        expect(faults.length).toBe(1)
      }
    })

    test('that the application answers itself, and fails to, goes to the framework', async () => {
      const { ask } = await open({ limits: [empty] }, { routes: [{ path: '/' }], onRefused: broken })
      expect((await ask('/')).status).toBe(500)
    })
  })

  test('a listener that throws changes no answer', async () => {
    const surfaced = new Promise((resolve) => {
      const known = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.once('uncaughtException', (error) => {
        for (const listener of known) process.on('uncaughtException', listener)
        resolve(error.message)
      })
    })
    const { ask } = await open({ limits: [ip], observe: broken })
    expect((await ask('/')).status).toBe(200)
    expect(await surfaced).toBe('secret of the application')
  })
}
