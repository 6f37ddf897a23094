/** A Fastify server whose limits lie in a SQLite file: `pnpm example sqlite`. All its processes on one machine share them. */
import { tokenBucket } from '@sluice/core'
import { sluice } from '@sluice/fastify'
import Fastify from 'fastify'
import { sqliteStore } from './sqlite/sqlite-store.ts'

const { SQLITE_FILE = 'sluice.sqlite', PORT = '3000' } = process.env

const app = Fastify()
app.register(sluice, {
  store: sqliteStore(SQLITE_FILE, { processes: 2, timeout: '1s' }),
  limits: [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '1m' }) }],
})
app.get('/', async () => ({ hello: 'world' }))

console.log(`listening on ${await app.listen({ port: Number(PORT) })}`)
