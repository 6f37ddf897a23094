/** `pnpm example <name>`: runs one of the examples until it is interrupted. */
import { readdirSync } from 'node:fs'

const servers = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !['run.ts', 'demo.ts'].includes(file))
  .map((file) => file.slice(0, -'.ts'.length))

const name = process.argv[2] ?? ''
if (servers.includes(name)) {
  await import(`./${name}.ts`)
} else {
  console.error(`Usage: pnpm example <${servers.join(' | ')}>`)
  process.exitCode = 1
}
