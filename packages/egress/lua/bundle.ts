/** From take.lua to the TypeScript file that ships it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The text of `src/redis/take-script.generated.ts`. */
export function bundleTake(): string {
  const source = compact(readFileSync(join(import.meta.dirname, 'take.lua'), 'utf8'))
  const sha1 = createHash('sha1').update(source).digest('hex')
  return `// Made of lua/take.lua by lua/generate.ts; a test keeps it fresh.
import type { Script } from './script-runner.ts'

export const takeScript: Script = {
  sha1: '${sha1}',
  source: ${JSON.stringify(source)},
}
`
}

/** Lua without its comments and indentation. */
function compact(lua: string): string {
  return lua
    .replace(/--\[\[.*?\]\]/gs, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'))
    .join('\n')
}
