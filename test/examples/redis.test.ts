/** Two processes of an example, and one Redis. */
import { expect, test } from 'vitest'
import { startExample } from '../../examples/demo/example.ts'
import { startRedis } from '../servers/index.ts'

// At the top of the file: the first start on a machine may install Redis, longer than a test may take.
const redis = await startRedis()

test('two processes of the Fastify example share one limit', { timeout: 90_000 }, async () => {
  await using _ended = redis
  const env = { REDIS_URL: `redis://${redis.host}:${redis.port}` }
  await using first = await startExample('fastify', env)
  await using second = await startExample('fastify', env)
  const statuses: number[] = []
  for (let at = 0; at < 12; at++) statuses.push((await fetch((at % 2 === 0 ? first : second).url)).status)
  expect(statuses).toEqual([...Array(10).fill(200), 429, 429])
})
