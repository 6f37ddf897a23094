/**
 * A process that asks for one key at a steady rate, far beyond its limit. Prints how many calls passed, how many were sent to Redis, and for
 * how many seconds it ran.
 */
import { createLimiter, everyone, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'

const [port, perSecond, refill, seconds, remembers] = process.argv.slice(2).map(Number) as [number, number, number, number, number]
const client = new Redis(port)
const store = redisStore(client, { prefix: 'attack', processes: 4, timeout: '10s', rememberRefusals: remembers === 1 })
await store.ready()
const limiter = createLimiter({ store, limits: [{ name: 'all', by: everyone, rule: tokenBucket({ capacity: refill, per: '1s' }) }] })
let sent = 0
limiter.observe(
  () => {
    sent += 1
  },
  { types: ['store'] },
)

let made = 0
let passed = 0
const startMs = performance.now()
const sinceMs = (): number => performance.now() - startMs
while (sinceMs() < seconds * 1000) {
  // What a busy machine has delayed is made up for at once, as by clients that do not wait.
  const due = Math.floor((sinceMs() * perSecond) / 1000) - made
  made += due
  const decisions = await Promise.all(Array.from({ length: due }, () => limiter.consume()))
  passed += decisions.filter(({ allowed }) => allowed).length
  await new Promise((resolve) => setTimeout(resolve, 1))
}
process.stdout.write(JSON.stringify({ passed, sent, seconds: sinceMs() / 1000 }))
await store.close()
client.disconnect()
