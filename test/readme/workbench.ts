/** Runs the code of documents as a reader would: in files of their own, among installed packages. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compiled, freePort, until } from '../servers/index.ts'

const run = promisify(execFile)
// Below the dependencies of the tests, so that packages are found; nothing else looks at this folder.
const folder = fileURLToPath(new URL('../node_modules/.documents/', import.meta.url))
const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))

/** What a reader who compiles strictly says of it. */
const compilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  target: 'es2023',
  lib: ['es2023', 'dom', 'esnext.disposable'],
  module: 'nodenext',
  jsx: 'react-jsx',
  skipLibCheck: true,
  types: ['node'],
  noEmit: true,
  experimentalDecorators: true,
  allowImportingTsExtensions: true,
  customConditions: ['@sluice/source'],
}

/** Writes a file and returns its path. */
function put(name: string, text: string): string {
  mkdirSync(folder, { recursive: true })
  // Other processes read it meanwhile, so it must never be there in part.
  if (!existsSync(`${folder}package.json`)) {
    const half = `${folder}package.${process.pid}.tmp`
    writeFileSync(half, '{ "type": "module" }')
    renameSync(half, `${folder}package.json`)
  }
  writeFileSync(`${folder}${name}`, text)
  return `${folder}${name}`
}

/**
 * What the compiler has to say of these texts, by file name; nothing where all is well. @param name - of the project, its own
 * @throws Error where the compiler itself did not work
 */
export async function compile(name: string, texts: Readonly<Record<string, string>>, compiler: string = tsc): Promise<string> {
  for (const [file, text] of Object.entries(texts)) put(file, text)
  const project = put(`tsconfig.${name}.json`, JSON.stringify({ compilerOptions, files: Object.keys(texts) }))
  try {
    // Each checker that runs beside another reads the packages once more.
    return (await run(compiler, ['-p', project, '--checkers', '1'])).stdout
  } catch (failed) {
    const { stdout = '' } = failed as { readonly stdout?: string }
    // A compiler that could not start, was stopped or crashed says nothing here, or something else.
    if (/error TS\d+/.test(stdout)) return stdout
    throw new Error(`The compiler did not work:\n${stdout}`, { cause: failed })
  }
}

/** Runs a program to its end and returns what it printed. */
export async function output(name: string, text: string): Promise<string> {
  return (await run(process.execPath, [await compiled(put(name, text))])).stdout
}

/** What a program exports. */
export async function imported<T>(name: string, text: string): Promise<T> {
  return (await import(await compiled(put(name, text)))) as T
}

/** Starts a server that listens on port 3000, on a free one instead. */
export async function serve(name: string, text: string): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await freePort()
  const program = await compiled(put(name, text.replace('3000', String(port))))
  const child = spawn(process.execPath, [program], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  await until(() => child.exitCode !== null || listens(port), { what: 'the server of a document', withinMs: 30_000 })
  if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} where it was to listen.`)
  return {
    url: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Whether something listens; no request is sent, which would be counted. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
