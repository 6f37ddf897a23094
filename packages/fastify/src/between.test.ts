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

test('another hook is an error at start-up', async () => {
  const app = Fastify()
  app.register(sluice, { limits: [perAccount('onSend' as never)] })
  await expect(app.ready()).rejects.toMatchObject({ code: 'SLUICE_CHOICE', facts: { option: 'account.hook' } })
})
