/** Every sample of "Which Redis client" is run as it stands there, on a real server. */
import { afterAll, expect, test } from 'vitest'
import { snippetsOf } from '../readme/snippets.ts'
import { output } from '../readme/workbench.ts'
import { startRedis } from '../servers/index.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

const samples = snippetsOf('docs/guides/redis-clients.md')

/** Decides twice, and prints by whom and what is left. */
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
process.exit(0)
`

test.each(samples.map(({ heading, text }) => [heading, text]))('the sample for %s decides in Redis', async (heading, text) => {
  const program = text
    .replaceAll('6379', String(redis.port))
    .replaceAll('{ processes: 4 }', `{ processes: 4, timeout: '5s', prefix: '${heading.replaceAll(' ', '-')}' }`)
  expect((await output(`redis-clients-${heading.replaceAll(' ', '-')}.ts`, program + driver)).trim().split('\n').at(-1)).toBe('store 7')
})
