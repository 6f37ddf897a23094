/** What an adapter shows of itself to be tested: real servers, made from descriptions that know no framework. */
import type { Admin, MaybePromise, Refused } from '@sluice/core'
import type { Bind, HttpOptions, RequestSluice, RouteOptions } from '@sluice/http'

/** An adapter under test. */
export interface AdapterUnderTest {
  /**
   * Starts a server on a free port of 127.0.0.1, or on the Unix socket of the site. Wrong options must fail here, by a throw or a
   * rejection with the adapter's own error.
   */
  start(site: Site): MaybePromise<RunningSite>
  /** Whether it knows no routes, so that `http.route` is always `null`. @default false */
  readonly routeless?: boolean | undefined
  /** Whether what answers CORS behind the guard is the guarded handler itself, so that preflights stay charged. @default false */
  readonly corsIsHandler?: boolean | undefined
  /** How many stages are decided before the body is read, of limits by address, limits of a section, and a limiter of a route. @default 3 */
  readonly stagesBeforeBody?: 0 | 1 | 2 | 3 | undefined
  /** Whether it answers faults itself, since there are no error handlers around it. @default false */
  readonly answersFaults?: boolean | undefined
  /** Whether its `onRefused` can hand a request on to its handler. @default true */
  readonly handsOn?: boolean | undefined
  /** Whether a handler that writes the response of Node itself finds the quota fields there. @default true */
  readonly fieldsOnRaw?: boolean | undefined
  /** The adapter's `bind`. */
  readonly bind: Bind<unknown>
  /** The JSON body of a request, as handlers of the framework read it: for limits and costs that depend on it. */
  bodyOf(request: unknown): MaybePromise<unknown>
}

/** A server: one guard, and what stands behind it. */
export interface Site extends SectionOfSite {
  /** The options of the guard, which stands in front of everything. */
  readonly guard: HttpOptions<unknown>
  /** Answers every refused request in place of sluice, by the adapter's own `onRefused`: an answer, nothing, or the handler behind it. */
  readonly onRefused?: ((refused: Refused) => MaybePromise<Answer | 'next' | undefined>) | undefined
  /**
   * Gets every refused request by the adapter's own `onRefused`, which takes the request, the response and the refusal, and answers
   * nothing. It stands in place of the other `onRefused`.
   */
  readonly logRefused?: ((refused: Refused) => MaybePromise<undefined>) | undefined
  /** The error handler of the application, in the framework's own way. Without it the framework answers, or what stands for one. */
  readonly onError?: ((error: unknown) => Answer) | undefined
  /** The framework's usual CORS plugin before the guard, for every origin, so that scripts may read these response headers. */
  readonly corsExposes?: readonly string[] | undefined
  /** The framework's usual CORS plugin behind the guard, for every origin. */
  readonly corsBehind?: boolean | undefined
  /** Where to listen instead of a port. */
  readonly socketPath?: string | undefined
}

/** Routes, and further guards around some of them. */
export interface SectionOfSite {
  readonly routes?: readonly SiteRoute[] | undefined
  readonly sections?: readonly GuardedSection[] | undefined
}

/** A second guard around routes under a prefix: a router, a child context, a sub-application. */
export interface GuardedSection extends SectionOfSite {
  /** Such as `/inner`; the paths of its routes are written without it. */
  readonly prefix: string
  /** What the inner guard adds to the outer one. */
  readonly guard: RouteOptions<unknown>
}

/** One route. A `GET` must answer `HEAD` as well. */
export interface SiteRoute {
  /** @default 'GET' */
  readonly method?: 'GET' | 'POST' | 'OPTIONS' | undefined
  /** With parameters in the form `/items/:id`, which all frameworks read. */
  readonly path: string
  /**
   * What it says of limits; `false`: none, not even the guard's, but the lists of the guard hold. An adapter without such a word puts
   * `guard.with({ inherit: false })` there. With `inherit: false` the guard's limits do not apply either.
   */
  readonly sluice?: RouteOptions<unknown> | false | undefined
  /** @default answers 200 with the text `ok` */
  readonly handle?: ((visit: Visit) => MaybePromise<Answer>) | undefined
}

/** What a handler finds. What it throws goes to the framework, which answers 500. */
export interface Visit {
  /** The adapter's own, from the framework's request. Not asked for where the route says `false`: middleware may not have run there. */
  readonly sluice: RequestSluice
  /** The parsed JSON body, or `undefined`. */
  readonly body: unknown
}

/** What a handler answers. */
export interface Answer {
  /** @default 200 */
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Text at once, or text that comes bit by bit. @default 'ok' */
  readonly body?: string | AsyncIterable<string> | undefined
  /** The handler writes status, headers and a text into the response of Node itself, past the framework. */
  readonly raw?: boolean | undefined
  /** The handler takes the response, or its socket, out of the framework's hands, and ends it itself. Nothing else is answered then. */
  readonly hijack?: boolean | undefined
}

/** A server that listens. */
export interface RunningSite {
  /** Where it listens, if not on a Unix socket. */
  readonly port?: number | undefined
  /** What operators use: `app.sluice`, `guard.admin`. */
  readonly admin: Admin
  /** Ends it at once, open connections included. */
  close(): Promise<void>
}
