/** Express, bare and limited. Each contender loads its own limiter alone. */
import type { Server } from 'node:http'
import express, { type Express, type RequestHandler } from 'express'
import { answer, type Contenders, capacityFor, perMs } from './contenders.ts'
import { portOf } from './port-of.ts'

function listen(...guards: RequestHandler[]): Promise<number> {
  const app: Express = express()
  for (const guard of guards) app.use(guard)
  app.get('/', (_request, response) => void response.json(answer))
  return new Promise((resolve) => {
    const server: Server = app.listen(0, '127.0.0.1', () => resolve(portOf(server)))
  })
}

export const expressServers: Contenders = {
  bare: () => listen(),
  async sluice(traffic) {
    const { tokenBucket } = await import('@sluice/core')
    const { sluice } = await import('@sluice/express')
    return listen(sluice({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: capacityFor[traffic], per: perMs }) }] }))
  },
  // As its documentation begins: the newest standard headers it knows, without the old ones.
  async 'express-rate-limit'(traffic) {
    const { rateLimit } = await import('express-rate-limit')
    return listen(rateLimit({ windowMs: perMs, limit: capacityFor[traffic], standardHeaders: 'draft-8', legacyHeaders: false }))
  },
}
