/** One of several processes that hammer one bucket: `hammer.ts <port> <prefix> <calls> <capacity>` prints how many passed. */
import { createLimiter, everyone, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'

const [port, prefix, calls, capacity] = process.argv.slice(2)
const client = new Redis(Number(port))
const store = redisStore(client, { prefix: prefix!, processes: 1, timeout: '30s' })
const rule = tokenBucket({ capacity: Number(capacity), per: '366d' })
const limiter = createLimiter({ limits: [{ name: 'all', by: everyone, rule }], store })

const decisions = await Promise.all(Array.from({ length: Number(calls) }, () => limiter.consume()))
const passed = decisions.filter(({ allowed }) => allowed).length
const elsewhere = decisions.filter(({ decidedBy }) => decidedBy !== 'store').length
process.stdout.write(JSON.stringify({ passed, elsewhere }))
await store.close()
client.disconnect()
