/** Coded warnings, each said once a process: the start was fine, but probably not meant so. */
import { describe, type Facts, type SluiceCode } from './errors.ts'

interface Host {
  readonly process?: { emitWarning?(message: string, options: { type: string; code: string }): void }
  readonly console?: { warn(message: string): void }
}

const said = new Set<string>()
/** Distinct texts remembered, so that values from requests cannot grow the set. */
const mostRemembered = 1000

/** Warns with a code, through `process.emitWarning` where there is one. The same text is said once. */
export function warnOnce(code: SluiceCode, facts: Facts): void {
  const message = describe(code, facts)
  if (said.has(message) || said.size >= mostRemembered) return
  said.add(message)
  const host = globalThis as Host
  if (host.process?.emitWarning) host.process.emitWarning(message, { type: 'SluiceWarning', code })
  else host.console?.warn(`${code}: ${message}`)
}
