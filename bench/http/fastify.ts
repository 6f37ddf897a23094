/** Fastify, bare and limited. */
import rateLimit from '@fastify/rate-limit'
import { tokenBucket } from '@sluice/core'
import { sluice } from '@sluice/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { answer, type Contenders, capacityFor, perMs } from './contenders.ts'

async function listen(app: FastifyInstance): Promise<number> {
  app.get('/', async () => answer)
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

export const fastifyServers: Contenders = {
  bare: () => listen(Fastify()),
  sluice(traffic) {
    const app = Fastify()
    app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: capacityFor[traffic], per: perMs }) }] })
    return listen(app)
  },
  async '@fastify/rate-limit'(traffic) {
    const app = Fastify()
    // Awaited, or its hooks miss the routes below.
    await app.register(rateLimit, { max: capacityFor[traffic], timeWindow: perMs })
    return listen(app)
  },
}
