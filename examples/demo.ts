/** `pnpm demo [--redis]`: shows on real servers what sluice does; with `--redis`, also how two processes share a limit. */
import { bothSides } from './demo/both-sides.ts'
import { oneBucket } from './demo/one-bucket.ts'
import { paint, say } from './demo/screen.ts'
import { tenTimes } from './demo/ten-times.ts'
import { threeLayers } from './demo/three-layers.ts'

say()
await oneBucket()
say()
await threeLayers()
say()
await tenTimes()
say()
await bothSides()
say()
if (process.argv.includes('--redis')) {
  // Loaded here alone: what starts a Redis is not needed without one.
  await (await import('./demo/two-processes.ts')).twoProcesses()
  say()
}
say(`  Keep it running:  ${paint('bold', 'npx -y pnpm@12.21.0 example fastify')}`)
say()
