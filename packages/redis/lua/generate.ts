/** Writes src/wire/scripts.generated.ts anew: `node --import tsx packages/redis/lua/generate.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundled } from './bundle.ts'

writeFileSync(join(import.meta.dirname, '../src/wire/scripts.generated.ts'), bundled())
