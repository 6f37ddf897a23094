/** Prints how long the scripts of the store hold a server: `run-script-time.ts [rounds]`. */
import { measureScripts } from './script-time.ts'

const [rounds = '20'] = process.argv.slice(2)
const pad = (cell: string | number): string => String(cell).padStart(12)
process.stdout.write(`${'scenario'.padEnd(72)}${['scripts', 'keys', 'median us', 'quiet us'].map(pad).join('')}\n`)
for (const { scenario, scripts, keys, medianUs, quietUs } of await measureScripts(Number(rounds))) {
  process.stdout.write(`${scenario.padEnd(72)}${[scripts, keys, medianUs, quietUs].map(pad).join('')}\n`)
}
