/** Writes the scripts of the pages anew, into src: `node --import tsx packages/dashboard/client/generate.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundled } from './bundle.ts'

for (const [file, text] of Object.entries(bundled())) writeFileSync(join(import.meta.dirname, '../src', file), text)
