/** Fifth scene: two processes share one limit, in a Redis of this demo's own. */
import { startRedis } from '@sluice/test/servers'
import { startExample } from './example.ts'
import { paint, say, statusCell, table } from './screen.ts'

const requests = 12

/** Plays the scene. Where Redis is not installed, it says how to install it. */
export async function twoProcesses(): Promise<void> {
  await using redis = await startRedis()
  const env = { REDIS_URL: `redis://${redis.host}:${redis.port}` }
  await using first = await startExample('fastify', env)
  await using second = await startExample('fastify', env)
  say(paint('bold', '5. Two processes and one limit, in Redis'))
  say(paint('dim', `   examples/fastify.ts twice, on ${first.url} and ${second.url}`))
  say()
  const lines = table(['request', 20], ['status', 21], ['RateLimit', 12], ['Retry-After', 11])
  let passed = 0
  for (let at = 1; at <= requests; at++) {
    const isFirst = at % 2 === 1
    const response = await fetch((isFirst ? first : second).url)
    const name = `${String(at).padStart(2)} to the ${isFirst ? 'first' : 'second'}`
    lines.row(name, statusCell(response), response.headers.get('RateLimit') ?? '', response.headers.get('Retry-After') ?? '')
    await response.body?.cancel()
    if (response.ok) passed++
  }
  say()
  say(`  ${passed} passed, whichever process they asked: there is one bucket.`)
}
