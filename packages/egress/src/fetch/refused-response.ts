/** A refusal as a response, for SDKs: what `fetch` throws they would try again. */
import { type EgressRefusal, markResponse } from '../refusal.ts'

/** 429 with the wait and `x-should-retry: false`, which the SDKs of OpenAI and Anthropic obey. */
export function refusedResponse(refusal: EgressRefusal): Response {
  const { code, message, retryAfterMs, scope } = refusal
  const headers = new Headers({ 'content-type': 'application/json', 'x-should-retry': 'false', 'cache-control': 'no-store' })
  if (retryAfterMs !== null) {
    headers.set('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
    headers.set('retry-after-ms', String(retryAfterMs))
  }
  const error = { type: 'rate_limit_error', code, message, scope, retry_after_ms: retryAfterMs }
  return markResponse(new Response(JSON.stringify({ error }), { status: 429, headers }), refusal)
}
