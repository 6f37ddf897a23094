/** Hono on Node, bare and limited. */
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { tokenBucket } from '@sluice/core'
import { sluice } from '@sluice/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import { answer, type Contenders, capacityFor, perMs } from './contenders.ts'
import { portOf } from './port-of.ts'

function listen(...guards: MiddlewareHandler[]): Promise<number> {
  const app = new Hono()
  for (const guard of guards) app.use(guard)
  app.get('/', (c) => c.json(answer))
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(portOf(server as Server)))
  })
}

export const honoServers: Contenders = {
  bare: () => listen(),
  sluice: (traffic) =>
    listen(sluice({ connInfo: getConnInfo, limits: [{ name: 'ip', rule: tokenBucket({ capacity: capacityFor[traffic], per: perMs }) }] })),
  // It has no key of its own; the address is what the others count by.
  'hono-rate-limiter': (traffic) =>
    listen(rateLimiter({ windowMs: perMs, limit: capacityFor[traffic], keyGenerator: (c) => getConnInfo(c).remote.address ?? '' })),
}
