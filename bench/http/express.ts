/** Express, bare and limited. */
import type { Server } from 'node:http'
import { tokenBucket } from '@sluice/core'
import { sluice } from '@sluice/express'
import express, { type Express, type RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
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
  sluice: (traffic) => listen(sluice({ limits: [{ name: 'ip', rule: tokenBucket({ capacity: capacityFor[traffic], per: perMs }) }] })),
  // As its documentation begins: the newest standard headers it knows, without the old ones.
  'express-rate-limit': (traffic) =>
    listen(rateLimit({ windowMs: perMs, limit: capacityFor[traffic], standardHeaders: 'draft-8', legacyHeaders: false })),
}
