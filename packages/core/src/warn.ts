/** Coded warnings, each printed once a process, about options that are valid but probably a mistake. */
import { type CodeText, describe, type Facts } from './sluice-error.ts'

interface Host {
  readonly process?: { emitWarning?(message: string, options: { type: string; code: string }): void }
  readonly console?: { warn(message: string): void }
}

const warned = new Set<string>()
/** Distinct texts remembered, so that values from requests cannot grow the set. */
const mostRemembered = 1000

/** Warns with a code, through `process.emitWarning` where there is one. The same text is printed once. */
export function warnOnce(text: CodeText, facts: Facts): void {
  const message = describe(text, facts)
  if (warned.has(message) || warned.size >= mostRemembered) return
  warned.add(message)
  const host = globalThis as Host
  if (host.process?.emitWarning) host.process.emitWarning(message, { type: 'SluiceWarning', code: text.code })
  else host.console?.warn(`${text.code}: ${message}`)
}
