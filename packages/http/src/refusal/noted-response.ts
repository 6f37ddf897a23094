/**
 * The response that `onRefused` gets in a framework with callbacks. It notes whether `onRefused` uses it, since an answer may come later
 * then: a file that is sent, or a page that is rendered. An `onRefused` that only logs uses nothing, and leaves the answer to sluice.
 */

/** A response, and what became of it. */
export interface NotedResponse<T> {
  /** Stands for the response: everything that is done to it is done to the response. */
  readonly response: T
  /** Whether something was called that may answer. Reading, headers, the status and listeners answer nothing. */
  isUsed(): boolean
  /** The request has an answer: what comes later does nothing, and does not throw either. */
  close(): void
}

/** Methods of Node, Express and Fastify after which there is still no answer. */
const answersNothing = new Set(
  [
    'append appendHeader clearCookie code cookie get getHeader getHeaderNames getHeaders hasHeader header headers links removeHeader set setHeader',
    'setHeaders status type contentType vary on once off addListener removeListener listenerCount constructor toString hasOwnProperty',
  ].flatMap((names) => names.split(' ')),
)
/** Objects by which a response can be answered as well. */
const underneath = new Set<PropertyKey>(['raw', 'socket', 'connection', 'stream'])
/** Methods that still work after the answer: a log reads the status and the headers then. */
const reads = /^(?:get|has|on$|once$|off$|listenerCount$)/

/**
 * Whether an `onRefused` takes its fourth parameter, and can thus hand the request on later.
 * @example
 * ```ts
 * takesNext((request, response, refused, next) => findPlan(request, next)) // true
 * ```
 */
export function takesNext(onRefused: { readonly length: number }): boolean {
  return onRefused.length > 3
}

/**
 * A response that notes how it is used.
 * @example
 * ```ts
 * const noted = notedResponse(response)
 * onRefused(request, noted.response, refusal.refused, next)
 * if (!noted.isUsed()) response.end(refusal.body)
 * ```
 */
export function notedResponse<T extends object>(response: T): NotedResponse<T> {
  let isUsed = false
  let isClosed = false
  const noting: T = new Proxy(response, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (underneath.has(name)) isUsed = true
      // An application of Express is a function too, and is no method.
      if (typeof value !== 'function' || typeof name === 'symbol' || name === 'app') return value
      if (!answersNothing.has(name)) isUsed = true
      if (isClosed && !reads.test(name)) return () => noting
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args)
        return result === target ? noting : result
      }
    },
    set: (target, name, value) => isClosed || Reflect.set(target, name, value, target),
  })
  return {
    response: noting,
    isUsed: () => isUsed,
    close() {
      isClosed = true
    },
  }
}
