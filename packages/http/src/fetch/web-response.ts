/** Writing headers and refusals into responses of the web standard. */
import { SLUICE_REFUSED_ANSWER, SluiceError } from '../errors.ts'
import type { HeaderLine } from '../headers/header-line.ts'
import { faultAnswer } from '../refusal/fault.ts'
import { withoutBody } from '../refusal/own-answer.ts'
import { providerRefusalAnswer } from '../refusal/provider-refusal.ts'
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

/** The response to a refused request. */
export function refusalResponse(refusal: Refusal, method: string): Response {
  const body = method === 'HEAD' ? null : (refusal.body as string | Uint8Array<ArrayBuffer>)
  return withHeaders(new Response(body, { status: refusal.status }), refusal.headers)
}

/**
 * The response to a request whose handler threw a refusal of `@sluice/egress`.
 * @throws the error itself if it is none
 */
export function providerRefusalResponse(error: unknown, method: string): Response {
  const answer = providerRefusalAnswer(error)
  if (answer === undefined) throw error
  return withHeaders(new Response(method === 'HEAD' ? null : answer.body, { status: answer.status }), answer.headers)
}

/** The response to a request that failed in sluice. */
export function faultResponse(fault: SluiceError, method: string): Response {
  const { status, headers, body } = faultAnswer(fault)
  return withHeaders(new Response(method === 'HEAD' ? null : body, { status }), headers)
}

/**
 * The response to a refused request where the application answers in place of sluice; `null` where it answers nothing.
 * @param answer - what its `onRefused` returned
 * @throws SluiceError `SLUICE_REFUSED_ANSWER` for what is no response
 */
export function ownRefusal(refusal: Refusal, answer: unknown): Response | null {
  if (answer === undefined || answer === null) return null
  if (!isResponse(answer)) throw new SluiceError(SLUICE_REFUSED_ANSWER, { value: answer })
  return withHeaders(answer, withoutBody(refusal))
}

/** By what it can do: servers and tests bring classes of their own. */
function isResponse(answer: unknown): answer is Response {
  return typeof (answer as Partial<Response> | null | undefined)?.headers?.set === 'function'
}
