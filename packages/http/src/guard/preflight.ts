/** Recognises a CORS preflight (Fetch standard, "CORS-preflight request"). */

import type { ResponseFacts } from '../http-limit.ts'

/** What of a request a preflight is recognised by. */
export interface PreflightFacts {
  readonly method: string
  header(name: string): string | undefined
}

/**
 * Whether a browser asks for permission before the real request. Every other `OPTIONS` counts like any method, or it would be a way
 * around the limit.
 */
export function isPreflight(request: PreflightFacts): boolean {
  return (
    request.method === 'OPTIONS' && request.header('origin') !== undefined && request.header('access-control-request-method') !== undefined
  )
}

/**
 * Whether a response to a preflight was written by CORS: it names what scripts of another origin may do. What else answers a preflight,
 * such as a 404, says nothing of that.
 */
export function isCorsAnswer({ header }: Pick<ResponseFacts, 'header'>): boolean {
  return header('access-control-allow-origin') !== undefined || header('access-control-allow-methods') !== undefined
}
