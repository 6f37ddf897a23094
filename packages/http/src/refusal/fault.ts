/** The answer to a request that failed in sluice, where the application has no error handler that answers it. */
import { SluiceError } from '@sluice/core'
import type { HeaderLine } from '../headers/header-line.ts'

/** A problem document (RFC 9457) that has nothing but the code: everything else is for logs. */
export interface FaultAnswer {
  readonly status: 500
  readonly headers: readonly HeaderLine[]
  readonly body: string
}

const headers: readonly HeaderLine[] = [
  ['Cache-Control', 'no-store'],
  ['Content-Type', 'application/problem+json'],
]

/**
 * The answer to a fault.
 * @param fault - `null` for an error that is not of sluice, which has no code
 * @example
 * ```ts
 * faultAnswer(fault).body // {"type":"about:blank","title":"Internal Server Error","status":500,"code":"SLUICE_FUNCTION"}
 * ```
 */
export function faultAnswer(fault: SluiceError | null): FaultAnswer {
  const problem = { type: 'about:blank', title: 'Internal Server Error', status: 500, code: fault?.code }
  return { status: 500, headers, body: JSON.stringify(problem) }
}

/**
 * Whether an error is one of sluice, which {@link faultAnswer} answers.
 * @example
 * ```ts
 * if (isFault(error)) response.end(faultAnswer(error).body)
 * ```
 */
export function isFault(error: unknown): error is SluiceError {
  return error instanceof SluiceError
}
