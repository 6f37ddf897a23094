/** What strangers are told when something fails: a code, and nothing of the application. */
import { inspect } from 'node:util'
import { createLimiter, type SluiceError, type Store, surviveOutages, tokenBucket } from '@sluice/core'
import type { HttpLimit, HttpOptions, RouteOptions } from '@sluice/http'
import { expect } from 'vitest'
import { mediaTypeOf, type Reply } from '../http-client.ts'
import type { Trial } from '../trial.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const name = 'shards-of-acme'
/** Names, keys, values, hosts and secrets: whatever an answer to a stranger must not contain. */
const secrets = /acme|ada@|passwordHash|secret|127\.0\.0\.1|10\.9\.8\.7|6379|4711/
const broken = (): never => {
  throw new Error('secret of the application')
}
const hidden = (limit: Partial<HttpLimit>): RouteOptions<unknown> => ({
  limits: [{ name, disclose: false, by: () => 'a', rule, ...limit }],
})

/** A store of the application's own that is down. */
function deadStore(): Store {
  const down = async (): Promise<never> => {
    throw new Error('connect ECONNREFUSED secret-host:6379')
  }
  const verbs = ['decide', 'settle', 'renew', 'refund', 'inspect', 'reset', 'block', 'strike', 'blocked']
  const store = { sync: false, ...Object.fromEntries(verbs.map((verb) => [verb, down])), close: () => undefined } as unknown as Store
  return surviveOutages(store, { processes: 1 })
}

export function faultAnswersContract({ open, adapter, describe, test }: Trial): void {
  const bound = createLimiter<string>({ limits: [{ name, by: () => ({ id: 'ada@example.test' }) as never, rule }] })
  const failing: readonly (readonly [string, string, RouteOptions<unknown>])[] = [
    ['a key function', 'SLUICE_FUNCTION', hidden({ by: broken })],
    ['a key that is an object', 'SLUICE_KEY', hidden({ by: () => ({ email: 'ada@example.test', passwordHash: 'x' }) as never })],
    ['a key in a list that is none', 'SLUICE_KEY', hidden({ by: () => ['ada@example.test', undefined] as never })],
    ['a key that a client sent as null', 'SLUICE_KEY', hidden({ by: () => JSON.parse('null') })],
    ['a key that a client left out', 'SLUICE_KEY', hidden({ by: async () => undefined as never })],
    ['a condition that is neither true nor false', 'SLUICE_WHEN', hidden({ when: () => null as never })],
    ['a rule function', 'SLUICE_FUNCTION', hidden({ rule: broken })],
    ['a rule that cannot be made', 'SLUICE_FUNCTION', hidden({ rule: () => tokenBucket({ capacity: -4711, per: '1h' }) })],
    ['a rule that is none', 'SLUICE_RULE', hidden({ rule: () => ({ kind: 'secret' }) as never })],
    ['the cost of a limit', 'SLUICE_FUNCTION', hidden({ cost: broken })],
    ['the cost of a limit that is none', 'SLUICE_COST', hidden({ cost: () => -4711 })],
    ['a condition', 'SLUICE_FUNCTION', hidden({ when: broken })],
    ['the cost of a route', 'SLUICE_ROUTE_FUNCTION', { ...hidden({}), cost: broken }],
    ['the cost of a route that is none', 'SLUICE_COST', { ...hidden({}), cost: () => 4711.5 }],
    ['a cost that names no limit', 'SLUICE_LIMIT_UNKNOWN', { ...hidden({}), cost: () => ({ 'shards-of-acm': 1 }) }],
    ['the condition of a route', 'SLUICE_ROUTE_FUNCTION', { ...hidden({}), when: broken }],
    ['the subject of a limiter', 'SLUICE_ROUTE_FUNCTION', { limiter: adapter.bind(bound, broken) }],
    ['the key of a limiter', 'SLUICE_KEY', { limiter: adapter.bind(bound, () => 'a') }],
    [
      'an error of sluice that a function throws',
      'SLUICE_FUNCTION',
      hidden({ by: () => tokenBucket({ capacity: 'ada@' as never, per: '1h' }) as never }),
    ],
  ]

  function expectCoded(reply: Reply, code: string): void {
    expect([reply.status, mediaTypeOf(reply), reply.headers['cache-control']]).toEqual([500, 'application/problem+json', 'no-store'])
    expect(JSON.parse(reply.body)).toEqual({ type: 'about:blank', title: 'Internal Server Error', status: 500, code })
  }

  describe.each(failing)('a fault of %s', (_what, code, sluice) => {
    test('is answered with a problem document that says its code alone', async () => {
      const { ask } = await open({}, { routes: [{ path: '/', sluice }] })
      expectCoded(await ask('/'), code)
    })

    test('goes to the error handler of the application, whose message names nothing and whose properties do', async () => {
      const seen: unknown[] = []
      const onError = (error: unknown): { status: number; body: string } => {
        seen.push(error)
        return {
          status: 502,
          body: `${error} ${(error as Error).message} ${JSON.stringify(error)} ${(error as Error).stack?.split('\n')[0]}`,
        }
      }
      const reply = await (await open({}, { routes: [{ path: '/', sluice }], onError })).ask('/')
      expect(reply.body).not.toMatch(secrets)
      if (adapter.answersFaults === true) return expectCoded(reply, code)
      expect([reply.status, seen]).toMatchObject([502, [{ name: 'SluiceError', code }]])
      expect(inspect(seen[0], { depth: 5 })).toMatch(secrets)
      expect(inspect(seen[0], { depth: 5, showHidden: true })).not.toMatch(/passwordHash: 'x'/)
    })
  })

  test('a fault of a HEAD request has the same fields and no body', async () => {
    const { ask } = await open({}, { routes: [{ path: '/', sluice: hidden({ by: broken }) }] })
    const reply = await ask({ method: 'HEAD', path: '/' })
    expect([reply.status, reply.body, reply.headers['cache-control']]).toEqual([500, '', 'no-store'])
  })

  test.each(['message', 'body'])('a %s function that fails tells nothing', async (text) => {
    const { ask } = await open({ limits: [{ name, disclose: false, rule, initial: 0 }], [text]: broken })
    expectCoded(await ask('/'), 'SLUICE_ROUTE_FUNCTION')
  })

  test.each([
    ['allow', 200],
    ['deny', 503],
    ['local', 200],
  ] as const)('a store that throws tells nothing: with onOutage %s the answer is %i, whatever onFault says', async (onOutage, status) => {
    for (const onFault of ['throw', 'allow', 'deny'] as const) {
      const { ask } = await open({ store: deadStore(), onFault, limits: [{ name, disclose: false, onOutage, rule }] })
      const reply = await ask('/')
      expect(reply.status).toBe(status)
      expect(JSON.stringify([reply.body, reply.headers])).not.toMatch(secrets)
    }
  })

  test('what is thrown into a handler names nothing', async () => {
    const messages: string[] = []
    const limiter = createLimiter<string>({ limits: [{ name, by: (id) => id, rule }] })
    const calls: (() => unknown)[] = [
      () => limiter.consume('a', { cost: -4711 }),
      () => limiter.consume('a', { cost: { 'shards-of-acm': 1 } }),
      () => limiter.consume('a', 4711 as never),
      () => limiter.consume({ id: 'ada@example.test' } as never),
      () => limiter.consumeUpTo('a', { atMost: -4711 }),
      () => limiter.reserve('a', { extend: ['ada@example.test'] as never }),
      () => limiter.inspect('shards-of-acm', 'a'),
      () => limiter.inspect(name, { id: 'ada@example.test' } as never),
      () => limiter.block(name, 'a', 'ada@example.test' as never),
    ]
    const { ask } = await open(
      { limits: [{ name, rule }] },
      {
        routes: [
          {
            path: '/',
            async handle({ sluice }) {
              for (const call of [...calls, () => sluice.settle(-4711), () => sluice.settle({ [name]: 4711.5 })]) {
                const failed = async (): Promise<unknown> => call()
                await failed().catch((error: SluiceError) => messages.push(`${error} ${JSON.stringify(error)}`))
              }
              return {}
            },
          },
        ],
      },
    )
    await ask('/')
    expect(messages).toHaveLength(calls.length + 2)
    for (const message of messages) expect(message).not.toMatch(secrets)
  })

  test('http.route is the pattern, or null, and never what the client wrote', async () => {
    const seen = new Set<string | null>()
    const by: HttpLimit['by'] = (_request, http) => {
      seen.add(http.route)
      return http.route ?? 'none'
    }
    const limit: HttpLimit = { name: 'per route', by, rule: tokenBucket({ capacity: 1, per: '1h' }) }
    const guard: HttpOptions<unknown> = { store: undefined }
    const { ask } = await open(guard, {
      sections: [{ prefix: '/:tenant', guard: {}, routes: [{ path: '/login/:id', sluice: { limits: [limit] } }] }],
    })
    const statuses: number[] = []
    for (const path of ['/t1/login/1', '/t2/login/2', '/%74/login/3?x=/t1', '/t4/login/4']) statuses.push((await ask(path)).status)
    expect(statuses).toEqual([200, 429, 429, 429])
    expect([...seen]).toEqual([adapter.routeless === true ? null : '/:tenant/login/:id'])
  })

  test('http.route of a path that no route has is a pattern, or null', async () => {
    const seen = new Set<string | null>()
    const by: HttpLimit['by'] = (_request, http) => {
      seen.add(http.route)
      return 'all'
    }
    const { ask } = await open({ limits: [{ name: 'all', by, rule }] })
    for (const path of ['/nobody-has-this', '/nor/that?x=1', '/..%2f..%2fetc']) await ask(path)
    for (const route of seen) expect(route ?? '').not.toMatch(/nobody|that|etc|x=/)
    expect(seen.size).toBe(1)
  })
}
