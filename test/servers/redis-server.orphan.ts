/** Starts a Redis, says where, and waits to be killed: the test process whose death the leash must notice. */
import { startRedis } from './redis-server.ts'

const { host, port, dir } = await startRedis()
process.send?.({ host, port, dir })
setInterval(() => {}, 60_000)
