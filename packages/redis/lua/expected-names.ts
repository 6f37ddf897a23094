/** Checks that each .lua file says which names of other files it uses: `Expects: now, buckets.` in its first comment. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folders = [import.meta.dirname, join(import.meta.dirname, '../src/kinds')]

interface LuaFile {
  readonly name: string
  readonly comment: string
  readonly code: string
}

/** A line for each file that uses a name of another file without saying so, or says that it uses one and does not. */
export function wrongExpectations(): readonly string[] {
  const files = folders.flatMap(luaFilesIn).filter(({ name }) => name !== 'constants')
  const given = new Map(files.filter((file) => !isMade(file) && !isScript(file)).map((file) => [file.name, givenBy(file)]))
  const all = new Set([...given.values()].flatMap((names) => [...names]))
  return files.flatMap((file) => {
    const included = new Set(includedIn(file.name, files).flatMap((name) => [...(given.get(name) ?? [])]))
    const own = localsIn(file.code)
    const used = new Set(namesIn(file.code).filter((name) => all.has(name) && !own.has(name) && !included.has(name)))
    const expected = new Set(listAfter('Expects', file.comment))
    const unsaid = [...used].filter((name) => !expected.has(name)).map((name) => `${file.name}.lua uses ${name}`)
    const unused = [...expected].filter((name) => !used.has(name)).map((name) => `${file.name}.lua does not use ${name}`)
    return [...unsaid, ...unused]
  })
}

function luaFilesIn(folder: string): LuaFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .map((file) => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n')
      const isComment = (line: string): boolean => /^\s*--/.test(line)
      const code = lines.filter((line) => !isComment(line)).join('\n')
      const comment = lines.filter(isComment).join('\n')
      return { name: file.slice(0, -4), comment, code: code.replace(/'[^'\n]*'/g, "''") }
    })
}

/** Whether the bundler makes the file a branch of a function, so that its names are its own. */
function isMade({ comment }: LuaFile): boolean {
  return /^-- Makes: /m.test(comment)
}

/** Whether Redis runs the file: nothing comes after it. */
function isScript({ comment }: LuaFile): boolean {
  return /^-- KEYS /m.test(comment)
}

/** The names that a file gives to the files after it. */
function givenBy({ code, comment }: LuaFile): ReadonlySet<string> {
  const made = [...comment.matchAll(/^--make (\S+)$/gm)].flatMap(([, thing = '']) => [`${thing}_of`, `made_${thing}s`])
  const declared = [...code.matchAll(/^local (?:function (\w+)|([\w, ]+?)(?: =|$))/gm)]
  return new Set([...made, ...declared.flatMap(([, name, names]) => (name ?? names ?? '').split(', '))])
}

/** The files that come before a file because it includes them, or because they do. */
function includedIn(name: string, files: readonly LuaFile[]): readonly string[] {
  const comment = files.find((file) => file.name === name)?.comment ?? ''
  return [...comment.matchAll(/^\s*--include(-when-called)? (?:.*\/)?([\w-]+)\.lua$/gm)].flatMap(([, whenCalled, other = '']) =>
    whenCalled === undefined ? [...includedIn(other, files), other] : [other],
  )
}

/** Every name that is local somewhere in a file: variables, functions and parameters. */
function localsIn(code: string): ReadonlySet<string> {
  const declared = /local function (\w+)\(([^)]*)\)|local ([\w, ]+?)(?: =|\n)|function ?[\w.]*\(([^)]*)\)|for ([\w, ]+) (?:=|in)/g
  return new Set([...code.matchAll(declared)].flatMap(([, ...groups]) => groups.flatMap((names) => (names ?? '').split(', '))))
}

/** Names that are used as variables: no fields, methods or keys of a table. */
function namesIn(code: string): readonly string[] {
  return [...code.matchAll(/(?<![\w.:])([a-z_]\w*)(?!\w)(?! = )/g)].map(([, name = '']) => name)
}

function listAfter(label: string, comment: string): readonly string[] {
  const [, list] = new RegExp(`^-- ${label}: ([^.]+)\\.`, 'm').exec(comment) ?? []
  return list === undefined
    ? []
    : list
        .replace(/\n--/g, '')
        .split(',')
        .map((name) => name.trim())
}
