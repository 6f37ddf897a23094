/** The open platform on Redis, with its policy in a key. */
import { afterAll } from 'vitest'
import { ask, startRedis } from '../servers/index.ts'
import { describePlatform } from './platform-scenarios.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

describePlatform('the open platform on Redis', {
  env: { REDIS_URL: `redis://${redis.host}:${redis.port}`, POLICY: 'platform:policy' },
  publish: (policy) => ask(redis, 'SET', 'platform:policy', JSON.stringify(policy)),
})
