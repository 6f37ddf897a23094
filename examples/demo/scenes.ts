/** The scenes of the demo, one after the other. */
import { bothSides } from './both-sides.ts'
import { oneBucket } from './one-bucket.ts'
import { paint, say } from './screen.ts'
import { tenTimes } from './ten-times.ts'
import { threeLayers } from './three-layers.ts'

/** Plays them. @param withRedis - whether to show two processes, too */
export async function scenes(withRedis: boolean): Promise<void> {
  say()
  await oneBucket()
  say()
  await threeLayers()
  say()
  await tenTimes()
  say()
  await bothSides()
  say()
  if (withRedis) {
    // Loaded here alone: what starts a Redis is not needed without one.
    await (await import('./two-processes.ts')).twoProcesses()
    say()
  }
  say(`  Keep it running:  ${paint('bold', 'npx -y pnpm@12.21.0 example fastify')}`)
  say(`  See your quota:   ${paint('bold', 'npx -y pnpm@12.21.0 demo --dashboard')}`)
  say()
}
