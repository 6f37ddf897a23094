/** The server process: `node run-server.js <framework> <contender> <traffic>`. Tells its port, and its CPU time whenever it is asked. */
import type { Contenders, Framework, Traffic } from './contenders.ts'

const frameworks: Readonly<Record<Framework, () => Promise<Contenders>>> = {
  fastify: async () => (await import('./fastify.ts')).fastifyServers,
  express: async () => (await import('./express.ts')).expressServers,
  hono: async () => (await import('./hono.ts')).honoServers,
}

const [framework, contender, traffic] = process.argv.slice(2) as [Framework, string, Traffic]
const listen = (await frameworks[framework]())[contender]!
process.send!({ port: await listen(traffic) })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!({ cpuUs: user + system })
})
process.on('disconnect', () => process.exit())
