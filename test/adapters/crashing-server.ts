/** A server whose requests never end, in a process of its own: `crashing-server.ts <adapter> <port of Redis> <prefix>` says where it listens. */
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { adapters, limits } from './crash-scene.ts'

const [adapter, port, prefix] = process.argv.slice(2)
const store = redisStore(new Redis(Number(port)), { prefix: prefix!, processes: 1, timeout: '10s' })
const handle = (): Promise<never> => new Promise(() => undefined)
const site = await adapters[adapter!]!.start({ guard: { limits, store }, routes: [{ path: '/', handle }] })
process.once('disconnect', () => process.exit())
process.send?.(site.port)
