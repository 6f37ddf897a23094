/** Writes src/redis/scripts.generated.ts anew: `node --import tsx packages/egress/lua/generate.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundled } from './bundle.ts'

writeFileSync(join(import.meta.dirname, '../src/redis/scripts.generated.ts'), bundled())
