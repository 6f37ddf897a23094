/** `fetch` that waits for a permit: for any SDK that takes a `fetch` of its own. */
import type { Permit } from '../provider/permit.ts'
import type { Provider } from '../provider/provider.ts'
import { egressRefusalOf, markResponse } from '../refusal.ts'
import { type CallingOptions, createCalling } from './attempts.ts'
import { callOfFetch, isRepeatable } from './outgoing-call.ts'
import { refusedResponse } from './refused-response.ts'
import { usageReader } from './usage.ts'
import { watchBody } from './watched-body.ts'

export interface FetchOptions extends CallingOptions {
  /** The `fetch` that sends. @default the global one */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * A `fetch` whose calls wait for permits of the provider.
 *
 * Responses are read for what they used while they are passed on. No redirect is followed, because that could carry a key elsewhere.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * const client = new OpenAI({ fetch: fetchThrough(openai, { origins: ['https://api.openai.com'] }) })
 */
export function fetchThrough(provider: Provider, options: FetchOptions): typeof globalThis.fetch {
  const calling = createCalling(provider, options, 'fetchThrough', ['fetch'])
  const send = options.fetch ?? globalThis.fetch

  async function call(input: string | URL | Request, init: RequestInit): Promise<Response> {
    const outgoing = await callOfFetch(input, init)
    calling.checkOrigin(outgoing.url.origin)
    const request = input instanceof Request ? input : undefined
    const signal = init.signal ?? request?.signal
    const attempts = calling.begin(outgoing, signal, isRepeatable(init.body) && (request?.body ?? null) === null)
    for (;;) {
      const permit = await attempts.permit()
      const response = await send(input, { ...withKey(permit, init, request), redirect: 'manual' }).catch((error: unknown) => {
        attempts.failed(permit, error)
        throw error
      })
      const next = attempts.received(permit, response.status, response.headers)
      if (next === 'answered') return settledAtEnd(response, permit)
      if (next === 'given up') return response.status === 429 ? markResponse(response, calling.limited(response.headers)) : response
      await response.body?.cancel()
      await attempts.pause(next)
    }
  }

  return async (input, init = {}) => {
    try {
      return await call(input, init)
    } catch (error) {
      const refusal = egressRefusalOf(error)
      if (refusal === undefined || options.onRefused === 'throw') throw error
      return refusedResponse(refusal)
    }
  }
}

/** The headers of the call, with the secret of the key in place of that of the SDK. */
function withKey(permit: Permit, init: RequestInit, request: Request | undefined): RequestInit {
  if (permit.authorize === undefined) return init
  const headers = new Headers(init.headers ?? request?.headers)
  permit.authorize(headers)
  return { ...init, headers }
}

/** Settles with what the response says that it has used; with the estimate if it is cut or says nothing. */
function settledAtEnd(response: Response, permit: Permit): Response {
  const reader = response.ok ? usageReader(response.headers.get('content-type')) : undefined
  return watchBody(response, {
    push: (chunk) => reader?.push(chunk),
    end: (complete) => permit.settle(complete ? reader?.end() : undefined),
  })
}
