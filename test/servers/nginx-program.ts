/** The nginx that tests run: found or installed once a process. */
import { delimiter } from 'node:path'
import { needProgram } from './program.ts'

let path: Promise<string> | undefined

/** The path of nginx. Await it at the top of a test file: where it has to be installed first, that takes longer than a hook may. */
export function nginxProgram(): Promise<string> {
  path ??= needProgram(
    { program: 'nginx', debianPackages: ['nginx-light'], hint: 'On macOS: brew install nginx.' },
    // Debian has it where the PATH of a user does not look.
    { path: [process.env.PATH, '/usr/sbin'].join(delimiter) },
  )
  return path
}
