/** What both kinds of tests try, given the packages as they load them. */
const { createServer } = require('node:http')

/** Sends two requests to a port. */
async function twice(port) {
  const statuses = []
  for (let i = 0; i < 2; i++) statuses.push((await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).status)
  return statuses
}

exports.describeThrottling = function describeThrottling({ core, testing, fastify, express, hono, egress, frameworks }) {
  const limits = () => [{ name: 'ip', rule: core.tokenBucket({ capacity: 1, per: '1h' }) }]

  test('a manual clock moves a limiter', () => {
    const clock = testing.manualClock()
    const limit = { name: 'all', by: core.everyone, rule: core.tokenBucket({ capacity: 1, per: '1h' }) }
    const limiter = core.createLimiter({ store: core.memoryStore({ clock }), limits: [limit] })
    const outcomes = [limiter.consume().outcome, limiter.consume().outcome]
    clock.advance('1h')
    expect([...outcomes, limiter.consume().outcome]).toEqual(['allowed', 'limited', 'allowed'])
  })

  test('errors are of one class, whichever package throws them', () => {
    const thrown = (fail) => {
      try {
        fail()
      } catch (error) {
        return error
      }
    }
    const errors = [
      thrown(() => core.tokenBucket({ capacity: -1, per: '1s' })),
      thrown(() => express.sluice({ limits: 'none' })),
      thrown(() => egress.createProvider({ limits: 'none' })),
      thrown(() => core.createLimiter({ limits: [{ name: 'all', by: core.everyone, rule: core.tokenBucket }] })),
    ]
    expect(errors.map((error) => error instanceof core.SluiceError)).toEqual([true, true, true, true])
    expect(errors[3].code).toBe('SLUICE_RULE_UNCALLED')
  })

  test('Fastify refuses the second request', async () => {
    const app = frameworks.fastify()
    app.register(fastify.sluice, { limits: limits() })
    app.get('/', async () => 'ok')
    // Over a socket, because the `inject` of Fastify loads an ESM package that Jest 29 cannot require.
    await app.listen({ port: 0, host: '127.0.0.1' })
    const statuses = await twice(app.server.address().port)
    await app.close()
    expect(statuses).toEqual([200, 429])
  })

  test('Express refuses the second request', async () => {
    const app = frameworks.express()
    app.use(express.sluice({ limits: limits() }))
    app.get('/', (_request, response) => void response.send('ok'))
    const server = createServer(app)
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const statuses = await twice(server.address().port)
    await new Promise((resolve) => server.close(resolve))
    expect(statuses).toEqual([200, 429])
  })

  test('Hono refuses the second request', async () => {
    const app = new frameworks.Hono()
    app.use(hono.sluice({ connInfo: () => ({ remote: { address: '192.0.2.7' } }), limits: limits() }))
    app.get('/', (c) => c.text('ok'))
    const statuses = [(await app.request('/')).status, (await app.request('/')).status]
    expect(statuses).toEqual([200, 429])
  })
}
