/** From the .lua files to the one TypeScript file that ships them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The scripts that are sent to Redis; the other files are parts of these. */
const scripts = ['decide', 'decide-or-undo', 'settle', 'renew', 'refund', 'inspect', 'block', 'strike', 'forget', 'blocked', 'list-blocked']

/** The text of `src/scripts.generated.ts`. */
export function bundleScripts(): string {
  const entries = scripts.map((name) => {
    const source = compact(withParts(`${name}.lua`, 0))
    const sha1 = createHash('sha1').update(source).digest('hex')
    return `  ${camelCase(name)}: {\n    sha1: '${sha1}',\n    source: ${JSON.stringify(source)},\n  },\n`
  })
  return `// Made of lua/*.lua by lua/generate.ts; a test keeps it fresh.
/** A script and the name by which Redis knows it. */
export interface Script {
  readonly sha1: string
  readonly source: string
}

export const scripts: Readonly<Record<${scripts.map((name) => `'${camelCase(name)}'`).join(' | ')}, Script>> = {
${entries.join('')}}
`
}

/** A file with the parts that it includes in their places. */
function withParts(file: string, depth: number): string {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8')
  if (depth > 8) throw new Error(`${file} includes itself`)
  return text.replace(/^ *--include (\S+)$/gm, (_, part: string) => withParts(part, depth + 1))
}

/** Lua without its comments and indentation: the source is sent whenever a server does not know it. */
function compact(lua: string): string {
  return lua
    .replace(/--\[\[.*?\]\]/gs, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'))
    .join('\n')
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
