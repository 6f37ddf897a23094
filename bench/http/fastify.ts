/** Fastify, bare and limited. Each contender loads its own limiter alone: what one leaves behind in the process slows the next. */
import Fastify, { type FastifyInstance } from 'fastify'
import { answer, type Contenders, capacityFor, perMs } from './contenders.ts'

async function listen(app: FastifyInstance): Promise<number> {
  app.get('/', async () => answer)
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

export const fastifyServers: Contenders = {
  bare: () => listen(Fastify()),
  async sluice(traffic) {
    const { tokenBucket } = await import('@sluice/core')
    const { sluice } = await import('@sluice/fastify')
    const app = Fastify()
    app.register(sluice, { limits: [{ name: 'ip', rule: tokenBucket({ capacity: capacityFor[traffic], per: perMs }) }] })
    return listen(app)
  },
  async '@fastify/rate-limit'(traffic) {
    const { default: rateLimit } = await import('@fastify/rate-limit')
    const app = Fastify()
    // Awaited, or its hooks miss the routes below.
    await app.register(rateLimit, { max: capacityFor[traffic], timeWindow: perMs })
    return listen(app)
  },
}
