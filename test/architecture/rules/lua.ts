/** Lua is source: it stands in .lua files, and reaches a package through one generated file. */
import { type Files, sourcesOf } from '../files.ts'
import { parseModule } from '../module.ts'

const lua = /\bredis\.p?call\(|\bKEYS\[|\bARGV\[/

export function luaInStrings(files: Files): readonly string[] {
  return sourcesOf(files)
    .filter(({ path }) => !path.endsWith('.generated.ts'))
    .filter(({ path, text }) => parseModule(path, text).strings.some((string) => lua.test(string)))
    .map(({ path }) => path)
}
