/** Writes src/redis/take-script.generated.ts anew: `node --import tsx packages/egress/lua/generate.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleTake } from './bundle.ts'

writeFileSync(join(import.meta.dirname, '../src/redis/take-script.generated.ts'), bundleTake())
