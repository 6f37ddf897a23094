/** What an outage came of, for events: a short code for metrics and a text for logs, both without secrets and hosts. */
import { reasonOf, redactedCause } from '../redact.ts'
import { SluiceError } from '../sluice-error.ts'

/** A host in the text of an error: an address, or a name with a port. */
const hostTexts =
  /\[[0-9a-f:.]+\](?::\d+)?|(?:\b[0-9a-f]{1,4})?(?:::?[0-9a-f]{1,4}){2,8}\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\b[\w-]+(?:\.[\w-]+)*:\d{1,5}\b/gi
/** Errors within errors that are looked at. */
const deepest = 4

interface ConnectionError {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
  readonly address?: unknown
  readonly hostname?: unknown
  readonly host?: unknown
  readonly path?: unknown
}

/**
 * The reason that an error gives, as the warning of an outage prints it, with `[host]` in place of hosts and paths of sockets:
 * `connect ECONNREFUSED [host]`.
 */
function outageReason(cause: unknown): string {
  let text = reasonOf(cause)
  for (const host of hostsIn(redactedCause(cause), 0)) text = text.replaceAll(host, '[host]')
  return text.replace(/\[?\[host\]\]?(?::\d+)?/g, '[host]').replace(hostTexts, '[host]')
}

/** The code and the reason of an outage. */
export interface OutageCause {
  readonly code: string
  readonly reason: string
}

/** @param cause - what the store failed with, as it is or wrapped */
export function outageCause(cause: unknown): OutageCause {
  const inner = trueCause(cause)
  return { code: outageCode(inner), reason: outageReason(inner) }
}

/** What the store failed with, without the errors of ours that only wrap it. */
export function trueCause(cause: unknown): unknown {
  return cause instanceof SluiceError && cause.code === 'SLUICE_STORE' && cause.cause !== undefined ? trueCause(cause.cause) : cause
}

/** The hosts that errors of Node have in their properties, the longest first. */
function hostsIn(error: unknown, depth: number): readonly string[] {
  if (typeof error !== 'object' || error === null || depth > deepest) return []
  const { address, hostname, host, path } = error as ConnectionError
  const own = [address, hostname, host, path].filter((text): text is string => typeof text === 'string' && text !== '')
  return [...own, ...partsOf(error).flatMap((part) => hostsIn(part, depth + 1))].toSorted((a, b) => b.length - a.length)
}

function partsOf({ cause, errors }: ConnectionError): readonly unknown[] {
  return [cause, ...(Array.isArray(errors) ? (errors as readonly unknown[]) : [])]
}

/**
 * A code of few values: that of the innermost error that has one, such as `ECONNREFUSED`, or the first word of an answer of Redis, such as
 * `LOADING`. Else it is the name of the error.
 */
function outageCode(cause: unknown): string {
  return codeIn(redactedCause(cause), 0) ?? (cause instanceof Error && isCode(cause.name) ? cause.name : 'Error')
}

function codeIn(error: unknown, depth: number): string | undefined {
  if (typeof error !== 'object' || error === null || depth > deepest) return undefined
  for (const part of partsOf(error)) {
    const code = codeIn(part, depth + 1)
    if (code !== undefined) return code
  }
  const { code, message } = error as ConnectionError
  return isCode(code) ? code : /^[A-Z]{3,20}(?= )/.exec(String(message))?.[0]
}

function isCode(code: unknown): code is string {
  return typeof code === 'string' && /^\w{1,64}$/.test(code)
}
