/** The reason that an error gives, as one text without secrets. */
import { redactedCause } from './redact.ts'

interface Explained extends Error {
  readonly code?: unknown
  readonly errors?: readonly unknown[]
  readonly facts?: { readonly reason?: unknown }
}

/**
 * The message of an error, or the reason in the facts of an error of ours. Node reports a failed connection to several addresses as an error without a message: then the messages of its
 * parts. `connect ECONNREFUSED ::1:6379; connect ECONNREFUSED 127.0.0.1:6379` is one such reason.
 */
export function reasonOf(cause: unknown): string {
  const safe = redactedCause(cause)
  if (!(safe instanceof Error)) return String(safe)
  const { message, name, code, errors, facts } = safe as Explained
  if (typeof facts?.reason === 'string') return facts.reason
  // The code stands before the text of an error of ours.
  if (message !== '') return message.replace(/^SLUICE_\w+: /, '').replace(/\.$/, '')
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(reasonOf))].join('; ')
  return typeof code === 'string' ? code : name
}
