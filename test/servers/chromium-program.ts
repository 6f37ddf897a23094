/** The Chromium that tests drive: found or installed once a process. */
import { needProgram } from './program.ts'

let path: Promise<string> | undefined

/**
 * The path of Chromium. `SLUICE_CHROMIUM` names another, such as google-chrome.
 * Await it at the top of a test file: where it has to be installed first, that takes longer than a hook may.
 */
export function chromiumProgram(): Promise<string> {
  path ??= needProgram({
    program: process.env.SLUICE_CHROMIUM ?? 'chromium',
    debianPackages: ['chromium'],
    hint: 'On macOS: brew install chromium. Any Chromium or Chrome will do: name it by SLUICE_CHROMIUM.',
  })
  return path
}
