/** Writes src/page/live.generated.ts anew: `node --import tsx packages/dashboard/client/generate.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundled } from './bundle.ts'

writeFileSync(join(import.meta.dirname, '../src/page/live.generated.ts'), bundled())
