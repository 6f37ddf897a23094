/** Hono on Node, bare and limited. Each contender loads its own limiter alone. */
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { Hono, type MiddlewareHandler } from 'hono'
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
  async sluice(traffic) {
    const { tokenBucket } = await import('@sluice/core')
    const { sluice } = await import('@sluice/hono')
    const rule = tokenBucket({ capacity: capacityFor[traffic], per: perMs })
    return listen(sluice({ connInfo: getConnInfo, limits: [{ name: 'ip', rule }] }))
  },
  // It has no key of its own; the address is what the others count by.
  async 'hono-rate-limiter'(traffic) {
    const { rateLimiter } = await import('hono-rate-limiter')
    return listen(rateLimiter({ windowMs: perMs, limit: capacityFor[traffic], keyGenerator: (c) => getConnInfo(c).remote.address ?? '' }))
  },
}
