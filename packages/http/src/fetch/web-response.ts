/** Writing headers and refusals into responses of the web standard. */
import type { HeaderLine } from '../headers/header-line.ts'
import type { Refusal } from '../refusal/refusal.ts'

/**
 * The response with these headers in place of its own: itself where it can be changed, else a copy. What `fetch`, `Response.redirect`
 * and caches hand out cannot be changed, and an upgrade to a WebSocket (101) would not survive being copied.
 */
export function withHeaders(response: Response, lines: readonly HeaderLine[]): Response {
  try {
    // Asked for once: under Node a response looks for its headers each time.
    const { headers } = response
    for (const [name, value] of lines) headers.set(name, value)
    return response
  } catch {
    if (response.status < 200) return response
    const copy = new Response(response.body, response)
    for (const [name, value] of lines) copy.headers.set(name, value)
    return copy
  }
}

/**
 * The response to a refused request.
 * @param own - what the application answers in place of our body
 */
export function refusalResponse(refusal: Refusal, method: string, own?: Response): Response {
  if (own !== undefined)
    return withHeaders(
      own,
      refusal.headers.filter(([name]) => name !== 'Content-Type'),
    )
  return withHeaders(new Response(method === 'HEAD' ? null : refusal.body, { status: refusal.status }), refusal.headers)
}
