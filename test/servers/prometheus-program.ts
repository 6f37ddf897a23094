/** The Prometheus that tests run, and promtool, which comes with it: found or installed once a process. */
import { dirname, join } from 'node:path'
import { needProgram } from './program.ts'

let path: Promise<string> | undefined

/** The path of Prometheus. Await it at the top of a test file: where it has to be installed first, that takes longer than a hook may. */
export function prometheusProgram(): Promise<string> {
  path ??= needProgram({
    program: 'prometheus',
    debianPackages: ['prometheus'],
    hint: 'On macOS: brew install prometheus. Its promtool must be beside it.',
  })
  return path
}

/** The path of promtool, which checks rules. */
export async function promtoolProgram(): Promise<string> {
  return join(dirname(await prometheusProgram()), 'promtool')
}
