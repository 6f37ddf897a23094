import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { tokenBucket } from '@sluice/core'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { sluice } from './plugin.ts'

test('an application that closes waits for no request that is slowed down: it is served at once', async () => {
  const app = Fastify()
  const rule = tokenBucket({ capacity: 10, per: '1h' })
  let isWaiting: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => (isWaiting = resolve))
  app.register(sluice, {
    limits: [{ name: 'ip', rule, slowDown: { after: 0, delay: '10m', max: '10m' } }],
    observe: ({ type }) => type === 'delay' && isWaiting(),
  })
  app.get('/', async () => 'served')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  // A connection that is kept open would keep its server, whatever waits.
  const answer = new Promise<IncomingMessage>((resolve) => get(url, { agent: false }, resolve))
  await waiting
  await app.close()
  expect(await text(await answer)).toBe('served')
})
