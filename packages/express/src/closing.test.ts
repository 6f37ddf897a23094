import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { tokenBucket } from '@sluice/core'
import express from 'express'
import { expect, onTestFinished, test, vi } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

test('a server that closes waits for a request that is slowed down for a second at most', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  let isWaiting: () => void = () => undefined
  const waiting = new Promise<void>((resolve) => (isWaiting = resolve))
  const app = express()
  app.use(
    sluice({
      limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1h' }), slowDown: { after: 0, delay: '10m', max: '10m' } }],
      observe: ({ type }) => type === 'delay' && isWaiting(),
    }),
  )
  app.get('/', (_request, response) => void response.send('served'))
  const { url, server } = await serve(app)
  // A connection that is kept open would keep its server, whatever waits.
  const answer = new Promise<IncomingMessage>((resolve) => get(url, { agent: false }, resolve))
  await waiting
  const closed = new Promise((resolve) => server.close(resolve))
  await vi.advanceTimersByTimeAsync(1000)
  expect(await text(await answer)).toBe('served')
  await closed
})
