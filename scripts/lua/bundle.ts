/** From .lua files to the one TypeScript file that ships them. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Where the scripts of a package are. */
export interface LuaSources {
  readonly folder: string
  /** The scripts that are sent to Redis. Other files are parts of these, and are included at the top of a file. */
  readonly scripts: readonly string[]
  /** What the generated file says that it is made of. */
  readonly from: string
  /** Names in capitals, which are replaced by their values. */
  readonly constants?: ReadonlyMap<string, string>
  /** The folder of what `--make` makes. */
  readonly kinds?: string
}

/** A piece of a script. */
interface Part {
  readonly name: string
  readonly text: string
}

/**
 * The text of the TypeScript file. It has each .lua file once, and for each script the files that it is made of, because
 * most scripts share most files.
 */
export function bundleScripts(sources: LuaSources): string {
  const { folder, scripts, from } = sources
  const texts = new Map<string, string>()
  const entries = scripts.map((script) => {
    const own = new Map(partsOf(join(folder, `${script}.lua`), sources).map(({ name, text }) => [camelCase(name), text]))
    for (const [name, text] of own) texts.set(name, text)
    const sha1 = createHash('sha1')
      .update([...own.values()].join('\n'))
      .digest('hex')
    return `  ${camelCase(script)}: script('${sha1}', [${[...own.keys()].map((name) => `parts.${name}`).join(', ')}]),\n`
  })
  return `// Made of ${from} by lua/generate.ts; a test keeps it fresh.
/** A script and the name by which Redis knows it. */
export interface Script {
  readonly sha1: string
  readonly source: string
}

function script(sha1: string, parts: readonly string[]): Script {
  return { sha1, source: parts.join('\\n') }
}

const parts = {
${[...texts].map(([name, text]) => `  ${name}: ${JSON.stringify(text)},\n`).join('')}}

export const scripts: Readonly<Record<${scripts.map((name) => `'${camelCase(name)}'`).join(' | ')}, Script>> = {
${entries.join('')}}
`
}

/** The parts of a script in the order in which they run: what a file includes comes before it, and each part comes once. */
function partsOf(file: string, sources: LuaSources, above: readonly string[] = []): readonly Part[] {
  if (above.includes(file)) throw new Error(`${file} includes itself`)
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n')
  const code = lines.findIndex((line) => line !== '' && !line.startsWith('--'))
  const included = lines.flatMap((line, n) => {
    const [, directive, what] = /^\s*--(include|include-when-called|make) (\S+)$/.exec(line) ?? []
    if (what === undefined) return []
    if (code >= 0 && n > code) throw new Error(`${file}:${n + 1} has --${directive} below its first line of code`)
    if (directive === 'make') return [makerOf(what, sources)]
    const path = join(dirname(file), what)
    const parts = partsOf(path, sources, [...above, file])
    return directive === 'include' ? parts : [madeWhenCalled(path, parts)]
  })
  return [...included, { name: basename(file, '.lua'), text: compact(text, sources) }]
}

/**
 * The one function that a file gives. Its own functions are made when it is first called. Making functions is a good part of the time of a
 * script, and this file is rarely needed.
 */
function madeWhenCalled(file: string, parts: readonly Part[]): Part {
  const [, given] = /^-- Gives: (\w+)\.$/m.exec(readFileSync(file, 'utf8')) ?? []
  if (given === undefined) throw new Error(`${file} must give one function`)
  const lines = [
    `local made_${given}`,
    `local function ${given}(...)`,
    `if not made_${given} then`,
    ...parts.map(({ text }) => text),
    `made_${given} = ${given}`,
    'end',
    `return made_${given}(...)`,
    'end',
  ]
  return { name: basename(file, '.lua'), text: lines.join('\n') }
}

/**
 * A function that gives a thing of one kind of rule, by the letter of the kind, and makes it when it is first asked for it. Its branches
 * are the files in `src/kinds` that say `Makes: <thing> of <letters>.`, so that a new kind needs no list.
 */
function makerOf(thing: string, sources: LuaSources): Part {
  const { kinds = sources.folder } = sources
  const makers = new Map<string, string>()
  const branches = readdirSync(kinds)
    .filter((file) => file.endsWith('.lua'))
    .flatMap((file) => {
      const path = join(kinds, file)
      const [, list] = new RegExp(`^-- Makes: ${thing} of ([^.]+)\\.$`, 'm').exec(readFileSync(path, 'utf8')) ?? []
      if (list === undefined) return []
      const codes = list.split(', ')
      for (const letter of codes) {
        if (!/^[a-z#]$/.test(letter)) throw new Error(`${file} makes a kind of the letter ${letter}, which is not one of a to z`)
        const other = makers.get(letter)
        if (other !== undefined) throw new Error(`${file} and ${other} both make the ${thing} of the letter ${letter}`)
        makers.set(letter, file)
      }
      const condition = codes.map((letter) => `letter == '${letter}'`)
      const texts = partsOf(path, sources).map(({ text }) => text)
      return [`if ${condition.join(' or ')} then`, 'local function make()', ...texts, 'end', `made_${thing}s[letter] = make()`, 'end']
    })
  const lines = [
    `local made_${thing}s = {}`,
    `local function ${thing}_of(letter)`,
    `if made_${thing}s[letter] then return made_${thing}s[letter] end`,
    ...branches,
    `return made_${thing}s[letter]`,
    'end',
  ]
  return { name: `make-${thing}`, text: lines.join('\n') }
}

/** The values of the names in a file of constants, which are written in capitals. */
export function constantsIn(file: string): ReadonlyMap<string, string> {
  const found = readFileSync(file, 'utf8').matchAll(/^local ([A-Z][A-Z_]*) = ('[^']*'|\d+)/gm)
  return new Map([...found].map(([, name = '', value = '']) => [name, value]))
}

/** Lua without comments and indentation, and with values in place of the names of constants. */
function compact(lua: string, { constants }: LuaSources): string {
  return lua
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('--'))
    .join('\n')
    .replace(/\b[A-Z][A-Z_]*\b/g, (name) => constants?.get(name) ?? name)
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
