/** Recognises a CORS preflight (Fetch standard, "CORS-preflight request"). */

/** What of a request a preflight is recognised by. */
export interface PreflightFacts {
  readonly method: string
  header(name: string): string | undefined
}

/**
 * Whether a browser asks for leave before the real request. Refusing it fails the real one with an error that scripts cannot read,
 * so guards skip it; any other `OPTIONS` counts like every method, or it would be a way round the limit.
 */
export function isPreflight(request: PreflightFacts): boolean {
  return (
    request.method === 'OPTIONS' && request.header('origin') !== undefined && request.header('access-control-request-method') !== undefined
  )
}
