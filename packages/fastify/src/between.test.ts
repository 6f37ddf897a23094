import { tokenBucket } from '@sluice/core'
import { failuresOnly } from '@sluice/http'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import type { FastifyLimit } from './options.ts'
import { sluice } from './plugin.ts'

type Login = { readonly account: string; readonly password: string }

const checkPassword = async ({ body }: FastifyRequest): Promise<void> => {
  if ((body as Login).password !== 'sesame') throw Object.assign(new Error('wrong'), { statusCode: 401 })
}

function perAccount(hook: FastifyLimit['hook']): FastifyLimit {
  const rule = tokenBucket({ capacity: 3, per: '1h' })
  return { name: 'account', by: ({ body }) => (body as Login).account, rule, settle: failuresOnly, hook }
}

async function guesses(app: FastifyInstance, account: string): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) {
    statuses.push((await app.inject({ method: 'POST', url: '/login', payload: { account, password: String(i) } })).statusCode)
  }
  return statuses
}

describe.each(['preHandler', 'preValidation'] as const)('a password that a %s of the route checks', (where) => {
  test('is counted by a limit with `failuresOnly`, in no hook that it names', async () => {
    for (const isOfRoute of [false, true]) {
      const limits = [perAccount(undefined)]
      const own = isOfRoute ? { limits } : undefined
      const app = Fastify()
      app.register(sluice, { limits: isOfRoute ? [] : limits })
      app.post('/login', { [where]: checkPassword, config: { sluice: own } }, async () => 'in')
      expect(await guesses(app, 'ada')).toEqual([401, 401, 401, 429, 429])
    }
  })

  test.each([
    ['of the route', (limits: FastifyLimit[]) => [[], { limits }] as const],
    ['of the application', (limits: FastifyLimit[]) => [limits, undefined] as const],
    ['of both, as one', (limits: FastifyLimit[]) => [limits, { limits }] as const],
  ])('is counted by a limit %s in preValidation', async (_whose, place) => {
    const [limits, own] = place([perAccount('preValidation')])
    const app = Fastify()
    app.register(sluice, { limits: [...limits] })
    app.post('/login', { [where]: checkPassword, config: { sluice: own } }, async () => 'in')
    expect(await guesses(app, 'ada')).toEqual([401, 401, 401, 429, 429])
    expect(await guesses(app, 'bob')).toEqual([401, 401, 401, 429, 429])
  })
})

test('a limit of an inner registration in preValidation is decided before a check of the application further in', async () => {
  const app = Fastify()
  app.register(sluice, { limits: [] })
  app.register(async (child) => {
    child.register(sluice, { limits: [perAccount('preValidation')] })
    child.addHook('preValidation', checkPassword)
    child.post('/login', async () => 'in')
  })
  expect(await guesses(app, 'ada')).toEqual([401, 401, 401, 429, 429])
})

test('a limit in preParsing is decided before the body is read, and after onRequest', async () => {
  const seen: unknown[] = []
  const rule = tokenBucket({ capacity: 1, per: '1h' })
  const by = (request: FastifyRequest): string => {
    seen.push(request.body, request.headers['x-user'])
    return 'all'
  }
  const app = Fastify()
  app.register(sluice, { limits: [{ name: 'parsed', by, rule, hook: 'preParsing' }] })
  app.addHook('onRequest', async (request) => {
    request.headers['x-user'] = 'ada'
  })
  app.post('/', async () => 'in')
  const ask = () => app.inject({ method: 'POST', url: '/', payload: { a: 1 } })
  expect([(await ask()).statusCode, (await ask()).statusCode]).toEqual([200, 429])
  expect(seen.slice(0, 2)).toEqual([undefined, 'ada'])
})

const steps = (['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const).flatMap((hook) =>
  (['first', 'last'] as const).map((order) => [hook, order] as const),
)

describe.each(steps)('a limit in %s, %s', (hook, order) => {
  /** The hooks of an application and of its route, and the limit among them, in the order in which they run. */
  async function ran(place: 'application' | 'inner' | 'route', url = '/'): Promise<readonly string[]> {
    const seen: string[] = []
    const by = (): string => {
      seen.push('limit')
      return 'all'
    }
    const limit: FastifyLimit = { name: 'watched', by, rule: tokenBucket({ capacity: 9, per: '1h' }), hook, order }
    const app = Fastify()
    app.register(sluice, { limits: place === 'application' ? [limit] : [] })
    app.addHook(hook as 'onRequest', async () => void seen.push('application'))
    app.register(async (child) => {
      if (place === 'inner') child.register(sluice, { limits: [limit] })
      child.addHook(hook as 'onRequest', async () => void seen.push('inner'))
      const own = { [hook]: async () => void seen.push('route') }
      child.get('/', { ...own, config: place === 'route' ? { sluice: { limits: [limit] } } : {} }, async () => 'in')
    })
    await app.inject({ url })
    return seen
  }
  const all = ['application', 'inner', 'route']
  const at = (index: number): readonly string[] => all.toSpliced(order === 'last' ? 3 : index, 0, 'limit')

  test('of the application is decided before or after all functions there', async () => {
    expect(await ran('application')).toEqual(at(0))
  })

  test('of an inner registration is decided before or after the functions further in', async () => {
    expect(await ran('inner')).toEqual(at(hook === 'onRequest' && order === 'first' ? 0 : 1))
  })

  test('of a route is decided before or after the functions of the route', async () => {
    expect(await ran('route')).toEqual(at(hook === 'onRequest' && order === 'first' ? 0 : 2))
  })

  test('of the application is decided once for a path without a handler', async () => {
    expect((await ran('application', '/nowhere')).filter((one) => one === 'limit')).toEqual(['limit'])
  })
})

test('another hook is an error at start-up', async () => {
  const app = Fastify()
  app.register(sluice, { limits: [perAccount('onSend' as never)] })
  await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_CHOICE', facts: { option: 'account.hook' } })
})
