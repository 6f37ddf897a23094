/** One of several processes that know one reservation: `settler.ts <port> <prefix> <hold> <used>` prints how often it settled it first. */
import type { Hold } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'

const [port, prefix, hold, used] = process.argv.slice(2)
const client = new Redis(Number(port))
const store = redisStore(client, { prefix: prefix!, processes: 1, timeout: '30s' })
const known = JSON.parse(hold!) as Hold

const settled = await Promise.all(Array.from({ length: 20 }, () => store.settle(known, [Number(used)])))
process.stdout.write(String(settled.filter(({ first }) => first).length))
await store.close()
client.disconnect()
