/** A call before it is sent: where it goes, and whether it may be sent twice. */

import { SluiceError } from '@sluice/core'
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'

/** What a call looks like before it is sent. */
export interface OutgoingCall {
  readonly url: URL
  /** In upper case. */
  readonly method: string
  readonly headers: Headers
  /** The body, if it is text or bytes, or that of a `Request`. Of a `Request` at most about 1 MiB. */
  readonly body: string | undefined
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Whether a method, or an `Idempotency-Key`, says that a call may be sent twice. */
export function isSafe({ method, headers }: OutgoingCall): boolean {
  return safeMethods.has(method) || headers.has('idempotency-key')
}

/** Bytes of the body of a `Request` that are read to estimate its tokens. */
const mostBytes = 1 << 20

/** The call that `fetch(input, init)` makes. The body of a `Request` is read from a copy, up to 1 MiB. */
export async function callOfFetch(input: string | URL | Request, init: RequestInit): Promise<OutgoingCall> {
  const request = input instanceof Request ? input : undefined
  const ofRequest = request !== undefined && (init.body ?? null) === null
  return {
    url: new URL(typeof input === 'string' ? input : 'href' in input ? input.href : input.url),
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    headers: new Headers(init.headers ?? request?.headers),
    body: ofRequest ? await beginningOf(request) : textOf(init.body),
  }
}

/** The text of a body, or its first MiB; `undefined` without a body, or if it was read before. */
async function beginningOf(request: Request): Promise<string | undefined> {
  if (request.body === null || request.bodyUsed) return undefined
  const reader = (request.clone().body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; bytes < mostBytes; ) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    text += decoder.decode(value, { stream: true })
  }
  void reader.cancel()
  return text
}

/** The text of a body; `undefined` for streams and forms. */
export function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : undefined
}

/** Whether a body can be sent twice. A body that was a stream is gone once it is sent. */
export function isRepeatable(body: unknown): boolean {
  return body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array
}

/**
 * Origins that calls may go to.
 * @throws SluiceError `SLUICE_OPTION_TYPE`
 */
export function originsOf(origins: unknown): ReadonlySet<string> {
  if (!Array.isArray(origins)) throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'origins', wanted: 'a list of origins', value: origins })
  return new Set(origins.map(originOf))
}

function originOf(origin: unknown): string {
  if (typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin) return origin
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'origins', wanted: "origins such as 'https://api.openai.com'", value: origin })
}
