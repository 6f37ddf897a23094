/** `pnpm demo`: shows on real servers what sluice does. */
import { oneBucket } from './demo/one-bucket.ts'
import { paint, say } from './demo/screen.ts'
import { threeLayers } from './demo/three-layers.ts'

say()
await oneBucket()
say()
await threeLayers()
say()
say(`  Keep it running:  ${paint('bold', 'npx -y pnpm@12.21.0 example fastify')}`)
say()
