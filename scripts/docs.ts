/**
 * `pnpm run docs`: writes the API reference, and serves the site while it is written. `pnpm docs:build` builds what is published, and fails
 * where typedoc warns or a link is dead.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { finishApiPages } from './api-pages.ts'
import { type Command, mustRun } from './command.ts'
import { answerHelp } from './help.ts'
import { root } from './packages.ts'

const [argument] = process.argv.slice(2)
answerHelp(argument === 'build' ? 'docs:build' : 'docs')

const docs = join(root, 'docs')
process.env.PATH = `${join(docs, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`

const reference: Command = [
  'typedoc',
  ...['--plugin', join(docs, 'node_modules/typedoc-plugin-markdown/dist/index.js')],
  ...['--out', join(docs, 'api'), '--outputFileStrategy', 'modules', '--entryFileName', 'index'],
  ...['--hidePageHeader', 'true', '--hideBreadcrumbs', 'true', '--useCodeBlocks', 'true', '--sanitizeComments', 'true'],
]

console.log('The API reference is written from the comments of the sources. That takes half a minute.')
// It reads what packages take of each other from their built types.
await mustRun([join(root, 'node_modules/.bin/tsc'), '-b'], root)
rmSync(join(docs, 'api'), { recursive: true, force: true })
// A comment with a mistake fails the build, but not the work on a page.
await mustRun(argument === 'build' ? reference : [...reference, '--treatWarningsAsErrors', 'false'], root)

finishApiPages(join(docs, 'api'))

if (argument === 'build') {
  console.log(await mustRun(['vitepress', 'build', docs], root))
} else {
  const server = spawn('vitepress', ['dev', docs], { cwd: root, stdio: 'inherit' })
  server.on('exit', (code) => process.exit(code ?? 0))
}
