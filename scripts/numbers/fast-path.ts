/** Prints as JSON which source files run code of their own while one `consume` of a token bucket is decided in memory. */
import { Session } from 'node:inspector/promises'
import { fileURLToPath } from 'node:url'
import { createLimiter, tokenBucket } from '../../packages/core/src/index.ts'
import { root } from '../packages.ts'

const limiter = createLimiter({
  limits: [{ name: 'all', by: (user: string) => user, rule: tokenBucket({ capacity: 1_000, per: '1h' }) }],
})
// The first calls set up what later ones find: the bucket, and what is kept of its key.
for (let i = 0; i < 10; i++) limiter.consume('someone')

const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
await session.post('Profiler.takePreciseCoverage')
limiter.consume('someone')
const { result } = await session.post('Profiler.takePreciseCoverage')
session.disconnect()

const ran = result.filter(({ url, functions }) => url.startsWith('file://') && functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
const files = ran.map(({ url }) => fileURLToPath(url).slice(root.length)).filter((file) => file.startsWith('packages/'))
console.log(JSON.stringify(files.sort()))
