/** Coded warnings: about options that are valid but probably a mistake, and about trouble that no observer sees. */
import { type CodeText, describe, type Facts } from './sluice-error.ts'

interface Host {
  readonly process?: { emitWarning?(message: string, options: { type: string; code: string }): void }
  readonly console?: { warn(message: string): void }
}

const warned = new Set<string>()
/** Distinct texts remembered, so that values from requests cannot grow the set. */
const mostRemembered = 1000

/** Lets every text be printed again: for test files that share a process. */
export function forgetWarnings(): void {
  warned.clear()
}

/** Warns with a code. The same text is printed once. */
export function warnOnce(text: CodeText, facts: Facts): void {
  const message = describe(text, facts)
  if (warned.has(message) || warned.size >= mostRemembered) return
  warned.add(message)
  print(text, message)
}

/** Warns with a code each time. The caller bounds how often that is. */
export function warn(text: CodeText, facts: Facts): void {
  print(text, describe(text, facts))
}

/** Through `process.emitWarning` where there is one. */
function print(text: CodeText, message: string): void {
  const host = globalThis as Host
  if (host.process?.emitWarning) host.process.emitWarning(message, { type: 'SluiceWarning', code: text.code })
  else host.console?.warn(`${text.code}: ${message}`)
}
