/** The connector of "Which Redis client" decides on a real server. `test/readme` runs the other samples. */
import { expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { output } from '../readme/workbench.ts'
import { startRedis } from '../servers/index.ts'

/** Decides, settles, and prints by whom and what is left. */
const driver = `
import { createLimiter, everyone, tokenBucket } from '@sluice/core'
const limiter = createLimiter({ store, limits: [{ name: 'all', by: everyone, rule: tokenBucket({ capacity: 9, per: '366d' }) }] })
await store.ready()
await limiter.consume()
const held = await limiter.reserve(undefined, { cost: 3 })
await held.settle(1)
const { decidedBy, limits } = await limiter.peek(undefined, { cost: 0 })
await store.close()
console.log(decidedBy, limits[0]?.remaining)
`

test('the connector for Valkey GLIDE decides in Redis, and its process ends when the store is closed', async () => {
  await using redis = await startRedis()
  const { text } = snippetsOf('docs/guides/redis-clients.md').find(({ heading }) => heading === 'Valkey GLIDE')!
  const program = text.replace('6379', String(redis.port)).replace('{ processes: 4 }', "{ processes: 4, timeout: '5s' }")
  expect((await output('glide.ts', program + driver)).trim().split('\n').at(-1)).toBe('store 7')
})
