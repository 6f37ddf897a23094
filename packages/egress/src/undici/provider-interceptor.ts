/**
 * An interceptor for undici 7: each request waits for its permit, is sent, and is sent again where that is safe. It works with everything that
 * takes a dispatcher, and does what `fetchThrough` does.
 */
import type { Dispatcher } from 'undici'
import { type Attempts, type Calling, type CallingOptions, createCalling } from '../fetch/attempts.ts'
import { isRepeatable, type OutgoingCall, textOf } from '../fetch/outgoing-call.ts'
import { refusedResponse } from '../fetch/refused-response.ts'
import { decodedUsageReader } from '../fetch/usage.ts'
import type { Permit } from '../provider/permit.ts'
import type { Provider } from '../provider/provider.ts'
import { type EgressRefusal, egressRefusalOf } from '../refusal.ts'
import { type WaitingController, waitingController } from './waiting-controller.ts'

/**
 * An interceptor that sends requests under the limits of a provider.
 *
 * A request that is aborted while it waits leaves the queue. Compressed responses are read for what they used, and passed on as they are.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * const dispatcher = new Agent().compose(providerInterceptor(openai, { origins: ['https://api.openai.com'] }))
 * const response = await fetch('https://api.openai.com/v1/models', { dispatcher })
 */
export function providerInterceptor(provider: Provider, options: CallingOptions): Dispatcher.DispatcherComposeInterceptor {
  const calling = createCalling(provider, options, 'providerInterceptor')
  const throws = options.onRefused === 'throw'
  return (dispatch) => (request, handler) => {
    send({ calling, dispatch, throws }, request, handler)
    return true
  }
}

/** What all requests of an interceptor share. */
interface Through {
  readonly calling: Calling
  readonly dispatch: Dispatcher['dispatch']
  /** Whether a refusal is an error, and not a response. */
  readonly throws: boolean
}

type Handler = Dispatcher.DispatchHandler
/** How an attempt ended: the handler has its response or error, or the call is tried again in so many milliseconds. */
type Next = 'over' | number

function send({ calling, dispatch, throws }: Through, request: Dispatcher.DispatchOptions, handler: Handler): void {
  const controller = waitingController()
  // Handlers abort by the controller that they are given here, also while the call waits.
  handler.onRequestStart?.(controller, {})

  async function run(): Promise<void> {
    const call = callOf(request)
    calling.checkOrigin(call.url.origin)
    const attempts = calling.begin(call, controller.signal, isRepeatable(request.body))
    for (;;) {
      const permit = await attempts.permit()
      if (controller.aborted) {
        permit.cancel()
        // The reason is whatever the handler gave to abort().
        throw controller.reason as Error
      }
      const next = await new Promise<Next>((end, fail) => {
        const watched = watchingHandler({ attempts, permit, controller, handler, end, fail, limited: throws ? calling.limited : undefined })
        try {
          dispatch(withKey(permit, request), watched)
        } catch (error) {
          permit.cancel()
          fail(error)
        }
      })
      if (next === 'over') return
      controller.attach(undefined)
      await attempts.pause(next)
    }
  }

  run().catch((error: unknown) => {
    const refusal = egressRefusalOf(error)
    if (refusal === undefined || throws) handler.onResponseError?.(controller, controller.reason ?? (error as Error))
    else void respond(refusal, controller, handler).catch((failure: unknown) => handler.onResponseError?.(controller, failure as Error))
  })
}

/** The request, with the secret of the key in place of that of the client. */
function withKey(permit: Permit, request: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions {
  if (permit.authorize === undefined) return request
  const headers = headersOf(request.headers)
  permit.authorize(headers)
  return { ...request, headers: Object.fromEntries(headers) }
}

interface Watching {
  readonly attempts: Attempts
  readonly permit: Permit
  readonly controller: WaitingController
  readonly handler: Handler
  end(next: Next): void
  fail(error: unknown): void
  /** Makes the error for a 429 that is not tried again; `undefined` passes the response on. */
  readonly limited: Calling['limited'] | undefined
}

/** Passes one attempt on to the handler of the request, unless it is tried again. */
function watchingHandler({ attempts, permit, controller, handler, end, fail, limited }: Watching): Handler {
  let reader: ReturnType<typeof decodedUsageReader>
  /** What follows a response that the handler does not get. */
  let swallowed: (() => void) | undefined
  let settled = false

  return {
    onRequestStart: (attempt) => controller.attach(attempt),
    onRequestUpgrade(_attempt, status, headers, socket) {
      permit.observe(headers, status)
      permit.settle()
      handler.onRequestUpgrade?.(controller, status, headers, socket)
      end('over')
    },
    onResponseStart(_attempt, status, headers, message) {
      if (status >= 200) {
        const next = attempts.received(permit, status, headers)
        settled = next !== 'answered'
        if (typeof next === 'number') swallowed = () => end(next)
        else if (next === 'given up' && status === 429 && limited !== undefined) swallowed = () => fail(limited(headers))
        else if (status < 300) reader = decodedUsageReader(text(headers['content-type']), text(headers['content-encoding']))
      }
      if (swallowed === undefined) handler.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData(_attempt, chunk) {
      if (swallowed !== undefined) return
      reader?.push(chunk)
      handler.onResponseData?.(controller, chunk)
    },
    onResponseEnd(_attempt, trailers) {
      if (swallowed !== undefined) {
        swallowed()
        return
      }
      if (!settled) settleWith(permit, reader)
      handler.onResponseEnd?.(controller, trailers)
      end('over')
    },
    onResponseError(_attempt, error) {
      reader?.cut()
      if (!settled) attempts.failed(permit, error)
      if (swallowed === undefined) {
        handler.onResponseError?.(controller, error)
        end('over')
      } else swallowed()
    },
  }
}

function settleWith(permit: Permit, reader: ReturnType<typeof decodedUsageReader>): void {
  if (reader === undefined) permit.settle()
  else reader.end((used) => permit.settle(used))
}

/** Gives a handler the response that stands for a refusal. */
async function respond(refusal: EgressRefusal, controller: WaitingController, handler: Handler): Promise<void> {
  const response = refusedResponse(refusal)
  const body = Buffer.from(await response.arrayBuffer())
  const headers = { ...Object.fromEntries(response.headers), 'content-length': String(body.length) }
  handler.onResponseStart?.(controller, response.status, headers, 'Too Many Requests')
  handler.onResponseData?.(controller, body)
  handler.onResponseEnd?.(controller, {})
}

function callOf({ origin, path, method, headers, body }: Dispatcher.DispatchOptions): OutgoingCall {
  return { url: new URL(path, origin), method: method.toUpperCase(), headers: headersOf(headers), body: textOf(body) }
}

/** From each form that undici takes: a record, a flat list of names and values, or pairs. */
function headersOf(headers: Dispatcher.DispatchOptions['headers']): Headers {
  const all = new Headers()
  const add = (name: unknown, value: unknown): void => {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) all.append(String(name), String(each))
  }
  if (Array.isArray(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) add(headers[i], headers[i + 1])
  } else if (headers && Symbol.iterator in headers) {
    for (const [name, value] of headers as Iterable<[string, unknown]>) add(name, value)
  } else {
    for (const [name, value] of Object.entries(headers ?? {})) add(name, value)
  }
  return all
}

function text(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null
}
