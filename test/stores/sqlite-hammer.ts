/** Asks a bucket in a SQLite file for so many units, one at a time, and prints how many passed: FILE CALLS CAPACITY. */
import { createLimiter, everyone, tokenBucket } from '@sluice/core'
import { sqliteStore } from '../../examples/sqlite/sqlite-store.ts'

const [file = '', calls = '', capacity = ''] = process.argv.slice(2)
const store = sqliteStore(file, { processes: 2, timeout: '30s', onOutage: 'deny' })
const rule = tokenBucket({ capacity: Number(capacity), per: '30d' })
const limiter = createLimiter({ store, limits: [{ name: 'all', by: everyone, rule }] })
let passed = 0
for (let i = 0; i < Number(calls); i++) {
  const { outcome } = await limiter.consume()
  if (outcome === 'unavailable') throw new Error('The file was locked for too long')
  if (outcome === 'allowed') passed += 1
}
process.stdout.write(String(passed))
await store.close()
