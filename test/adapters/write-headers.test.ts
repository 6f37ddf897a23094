/** `writeHeaders` in a handler of each framework, for a decision that the handler made. */
import { createLimiter, tokenBucket } from '@sluice/core'
import { type HeaderTarget, writeHeaders } from '@sluice/http'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { listening } from '../listening.ts'

/** Decides twice in one handler: the second decision refuses, and its headers replace those of the first. */
function decideIn(response: HeaderTarget): void {
  const rule = tokenBucket({ capacity: 1, per: '1d' })
  const limiter = createLimiter<string>({ limits: [{ name: 'jobs', by: (user) => user, rule }] })
  const options = { headers: ['draft-11', 'x-ratelimit-delta'] } as const
  for (let i = 0; i < 2; i++) writeHeaders(limiter.consume('ann'), response, options)
}

test.each<[string, () => Promise<Response>]>([
  [
    'Express',
    async () => {
      const app = express()
      app.get('/', (_request, response) => {
        decideIn(response)
        response.status(429).send('later')
      })
      return fetch(`http://127.0.0.1:${await listening(app)}`)
    },
  ],
  [
    'Fastify',
    async () => {
      const app = Fastify()
      app.get('/', async (_request, reply) => {
        decideIn(reply)
        return reply.code(429).send('later')
      })
      const { statusCode, headers, body } = await app.inject('/')
      return new Response(body, { status: statusCode, headers: headers as Record<string, string> })
    },
  ],
  [
    'Hono',
    async () => {
      const app = new Hono()
      app.get('/', (c) => {
        decideIn(c)
        return c.text('later', 429)
      })
      return app.request('/')
    },
  ],
])('a handler of %s answers with the headers of its own decision', async (_framework, ask) => {
  const { status, headers } = await ask()
  expect(status).toBe(429)
  expect(Object.fromEntries(headers)).toMatchObject({
    'ratelimit-policy': '"jobs";q=1;w=86400',
    ratelimit: '"jobs";r=0;t=86400',
    'x-ratelimit-remaining': '0',
    'retry-after': '86400',
    'cache-control': 'no-store',
  })
})
