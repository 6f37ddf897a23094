/** The tmux that tests of the terminal run: found or installed once a process. */
import { needProgram } from './program.ts'

let path: Promise<string> | undefined

/** The path of tmux. Await it at the top of a test file: where it has to be installed first, that takes longer than a hook may. */
export function tmuxProgram(): Promise<string> {
  path ??= needProgram({ program: 'tmux', debianPackages: ['tmux'], hint: 'On macOS: brew install tmux.' })
  return path
}
