/** `fetch` that waits for a permit: for any SDK that takes a `fetch` of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { SluiceError } from '@sluice/core'
import { checkOptions, systemClock } from '@sluice/core/internal'
import type { AcquireOptions } from '../provider/acquire-options.ts'
import { inContext } from '../provider/context.ts'
import { headerOf, retryAfterOf } from '../provider/dialects.ts'
import type { Permit } from '../provider/permit.ts'
import type { Provider } from '../provider/provider.ts'
import { EgressRefusal, egressRefusalOf, markResponse } from '../refusal.ts'
import { isRetryable, type RetryOptions, retryDelayMs } from '../retry/backoff.ts'
import { clientThrottle } from '../retry/client-throttle.ts'
import { retryBudget } from '../retry/retry-budget.ts'
import { estimateTokens } from './estimate.ts'
import { refusedResponse } from './refused-response.ts'
import { usageReader } from './usage.ts'
import { watchBody } from './watched-body.ts'

/** What a call looks like before it is sent. */
export interface OutgoingCall {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  /** The body, if it is text. */
  readonly body: string | undefined
}

export interface FetchOptions {
  /** Where calls may go: origins such as `'https://api.openai.com'`. Anything else is an error before it is sent. */
  readonly origins: readonly string[]
  /** The `fetch` that sends. @default the global one */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Cost, caller and lane of a call. @default tokens estimated from the body, and the context of {@link withCallContext} */
  readonly estimate?: ((call: OutgoingCall) => Pick<AcquireOptions, 'cost' | 'caller' | 'lane' | 'deadlineMs'>) | undefined
  /** A refusal as a 429 that SDKs do not try again, or thrown. @default 'response' */
  readonly onRefused?: 'response' | 'throw' | undefined
  readonly retry?: RetryOptions | undefined
  /** Whether a POST may be tried again. Calls with an `Idempotency-Key` always may. @default never */
  readonly idempotent?: ((call: OutgoingCall) => boolean) | undefined
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
/** Failures of the connection that surely sent nothing. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])
/** Time that a call has for all its attempts, if it has no deadline. */
const longestCallMs = 120_000

/**
 * A `fetch` whose calls wait for permits of the provider.
 *
 * Responses are read for what they used while they are passed on. No redirect is followed, because that could carry a key elsewhere.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * const client = new OpenAI({ fetch: fetchThrough(openai, { origins: ['https://api.openai.com'] }) })
 */
export function fetchThrough(provider: Provider, options: FetchOptions): typeof globalThis.fetch {
  checkOptions(options, 'fetchThrough', ['origins', 'fetch', 'estimate', 'onRefused', 'retry', 'idempotent'])
  const origins = new Set(options.origins.map(originOf))
  const send = options.fetch ?? globalThis.fetch
  const clock = systemClock()
  const budget = retryBudget()
  const throttle = clientThrottle(clock)

  async function attempt(input: string | URL | Request, init: RequestInit, acquire: AcquireOptions): Promise<[Response, Permit]> {
    if (!throttle.admits(Math.random())) {
      throw new EgressRefusal('SLUICE_EGRESS_OVERLOADED', {
        provider: provider.name,
        retryAfterMs: 1000,
        scope: 'provider',
        status: provider.refusedStatus,
      })
    }
    const permit = await provider.acquire(acquire)
    try {
      const response = await send(input, { ...init, redirect: 'manual' })
      permit.observe(response.headers, response.status)
      return [response, permit]
    } catch (error) {
      if (unsent.has(String((error as { cause?: { code?: unknown } }).cause?.code))) permit.cancel()
      else permit.settle()
      throw error
    }
  }

  async function call(input: string | URL | Request, init: RequestInit, outgoing: OutgoingCall): Promise<Response> {
    const { signal, asked } = askedFor(input, init, outgoing)
    const endMs = clock.nowMs() + Math.min(asked.deadlineMs ?? longestCallMs, longestCallMs)
    const repeatable = isRepeatable(input, init) && isSafe(outgoing, options)
    for (let failed = 0; ; ) {
      const deadlineMs = asked.deadlineMs === undefined ? undefined : endMs - clock.nowMs()
      const [response, permit] = await attempt(input, init, { ...asked, deadlineMs, again: failed > 0 })
      const { status } = response
      if (status < 500) throttle.accepted()
      if (!isRetryable(status)) {
        budget.succeeded()
        return settledAtEnd(response, permit)
      }
      failed += 1
      budget.failed()
      // A refused call counts as a request, and uses nothing else.
      permit.settle(nothingBut('requests', provider.limits))
      const delayMs = repeatable && budget.allows() ? delayAfter(response, failed, endMs - clock.nowMs()) : undefined
      if (delayMs === undefined) return givenUp(response, provider)
      await response.body?.cancel()
      await sleep(delayMs, undefined, signal ? { signal } : {})
    }
  }

  function askedFor(input: string | URL | Request, init: RequestInit, outgoing: OutgoingCall) {
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined)
    const cost = estimateTokens(outgoing.body, provider.limits)
    return { signal, asked: inContext<AcquireOptions>({ cost, ...options.estimate?.(outgoing), ...(signal ? { signal } : {}) }) }
  }

  function delayAfter({ headers }: Response, failed: number, leftMs: number): number | undefined {
    if (headers.get('x-should-retry') === 'false') return undefined
    const retryAfterMs = retryAfterOf(headerOf(headers), Date.now())
    return retryDelayMs(options.retry ?? {}, failed, retryAfterMs, leftMs, Math.random())
  }

  return async (input, init = {}) => {
    const outgoing = outgoingOf(input, init)
    if (!origins.has(outgoing.url.origin)) {
      throw new SluiceError('SLUICE_EGRESS_ORIGIN', { origin: outgoing.url.origin, provider: provider.name })
    }
    try {
      return await call(input, init, outgoing)
    } catch (error) {
      const refusal = egressRefusalOf(error)
      if (refusal === undefined || options.onRefused === 'throw') throw error
      return refusedResponse(refusal)
    }
  }
}

/** A call that is not tried again. What an SDK makes of a 429 of the provider is a refusal too. */
function givenUp(response: Response, { name, refusedStatus }: Provider): Response {
  if (response.status !== 429) return response
  const retryAfterMs = retryAfterOf(headerOf(response.headers), Date.now()) ?? 1000
  const facts = { status: response.status }
  return markResponse(
    response,
    new EgressRefusal('SLUICE_EGRESS_LIMITED', { provider: name, retryAfterMs, scope: 'provider', status: refusedStatus, facts }),
  )
}

/** Settles with what the response says that it has used; with the estimate if it is cut or says nothing. */
function settledAtEnd(response: Response, permit: Permit): Response {
  const reader = response.ok ? usageReader(response.headers.get('content-type')) : undefined
  return watchBody(response, {
    push: (chunk) => reader?.push(chunk),
    end: (complete) => permit.settle(complete ? reader?.end() : undefined),
  })
}

function originOf(origin: unknown): string {
  if (typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin) return origin
  throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'origins', wanted: "origins such as 'https://api.openai.com'", value: origin })
}

function outgoingOf(input: string | URL | Request, init: RequestInit): OutgoingCall {
  const request = input instanceof Request ? input : undefined
  const { body } = init
  return {
    url: new URL(typeof input === 'string' ? input : 'href' in input ? input.href : input.url),
    method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
    headers: new Headers(init.headers ?? request?.headers),
    body: typeof body === 'string' ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : undefined,
  }
}

/** A body that was a stream is gone once it is sent. */
function isRepeatable(input: string | URL | Request, { body }: RequestInit): boolean {
  if (input instanceof Request && input.body !== null) return false
  return body === undefined || body === null || typeof body === 'string' || body instanceof Uint8Array
}

function isSafe(call: OutgoingCall, { idempotent }: FetchOptions): boolean {
  return safeMethods.has(call.method) || call.headers.has('idempotency-key') || idempotent?.(call) === true
}

function nothingBut(kept: string, limits: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.keys(limits).flatMap((name) => (name === kept ? [] : [[name, 0]])))
}
