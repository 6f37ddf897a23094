/** The server contract of the operators' page: a request in terms of no framework becomes an answer, or a stream of updates. */
import type { Duration, MaybePromise } from '@sluice/core'
import { checkOptions, functionTime, isPromise, optionalOf, reasonOf, SLUICE_OPTION_TYPE, warnOnce } from '@sluice/core/internal'
import type { HeaderLine } from '@sluice/http'
import { SLUICE_OPERATORS, SluiceError } from '../errors.ts'
import { type LiveView, viewParts } from '../live/live-view.ts'
import { newNonce, pageHeaders } from '../page-headers.ts'
import { parseAction, perform } from './action.ts'
import { type AuditEvent, auditLog } from './audit.ts'
import { operatorsPage, plainOperatorsPage } from './page.ts'
import { type Parts, partsOf } from './parts.ts'
import { type Preview, parsePreview, previewAnswer } from './preview.ts'
import { isSameOrigin, type ReadHeader } from './same-origin.ts'
import { operatorsScript } from './script.generated.ts'
import { createStream, type Viewer } from './stream.ts'

/** What an operators' page is made of. `R` is the request of the framework. */
export interface OperatorsPageOptions<R> {
  readonly view: LiveView
  /**
   * Who the operator is that sent a request, such as `ann@example.com`, or `null` for a request that has no right to the page. It is call for the page, for
   * each action, and every ten seconds for each open page. A request that acts is a POST: `null` for it leaves the page to be read alone.
   */
  readonly authorize: (request: R) => MaybePromise<string | null>
  /** Gets each action of an operator, once it is done or has failed. Write it to a log that is kept. @default none */
  readonly audit?: ((event: AuditEvent) => void) | undefined
  /**
   * Answers which limits a request would meet, for a form of the page: `previewOf(guard, toRequest)`, or the `peek` of a limiter for the subject of the
   * request. It charges nothing, and operators see undisclosed limits as well. @default no form
   */
  readonly preview?: Preview | undefined
  /** How long an answer of `authorize` or `preview` may take. @default '5s' */
  readonly functionTimeout?: Duration | undefined
}

/** The part of a request that the page needs. */
export interface OperatorsRequest<R> {
  /** What `authorize` gets. */
  readonly request: R
  readonly method: string
  /** The URL from the question mark on, or the whole of it. */
  readonly url: string
  readonly header: ReadHeader
}

/** The answer to one request. */
export interface OperatorsAnswer {
  readonly status: number
  readonly headers: readonly HeaderLine[]
  /** Empty for HEAD, and where there is a stream. */
  readonly body: string
  /** Begins the stream, once status and headers are sent. @returns a function to call when the client is gone */
  readonly stream?: ((viewer: Viewer) => () => void) | undefined
}

/**
 * Answers requests for the operators' page, in terms of no framework. `operatorsPage` of `@sluice/dashboard/fastify`, `/express`, `/hono`, `/node` and
 * `/fetch` are made of it.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const answer = operatorsPageEndpoint<IncomingMessage>({ view, authorize: (request) => sessionOf(request)?.operator ?? null })
 * const { status, headers, body, stream } = await answer({ request, method, url, header: (name) => request.headers[name] })
 * ```
 */
export function operatorsPageEndpoint<R>(options: OperatorsPageOptions<R>): (request: OperatorsRequest<R>) => Promise<OperatorsAnswer> {
  checkOptions(options, 'operatorsPage', ['view', 'authorize', 'audit', 'preview', 'functionTimeout'])
  const { view, authorize, audit, preview } = options
  const parts = viewParts(view)
  if (parts === undefined)
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'view', wanted: 'what createLiveView() returned', value: view })
  if (typeof authorize !== 'function') {
    const wanted = 'a function that answers the name of an operator, or null for anyone else'
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'authorize', wanted, value: authorize })
  }
  optionalOf(audit, 'audit', 'function')
  optionalOf(preview, 'preview', 'function')
  const time = functionTime(options.functionTimeout)
  const log = auditLog(audit)
  const partsNow = (): Parts => partsOf(view.state(), log.recent)
  const stream = createStream(view, parts, partsNow)

  /** @throws whatever `authorize` does, and for an answer that is no name */
  async function whoIs(request: R): Promise<string | null> {
    const answer = authorize(request)
    const who: unknown = isPromise(answer) ? await time.within(answer, { function: 'authorize' }) : answer
    if (who === null || who === undefined || who === false || who === '') return null
    if (typeof who === 'string') return who
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'authorize(…)', wanted: 'the name of an operator, or null', value: typeof who })
  }

  async function isStillAllowed(request: R): Promise<boolean> {
    try {
      return (await whoIs(request)) !== null
    } catch (cause) {
      warnOnce(SLUICE_OPERATORS, { reason: reasonOf(cause) })
      return false
    }
  }

  async function act(who: string, { header }: OperatorsRequest<R>): Promise<OperatorsAnswer> {
    if (!isSameOrigin(header)) return answerWith(403, 'An action comes from the page itself, and from no other site.')
    const text = header('x-sluice-action')
    const looked = header('x-sluice-preview')
    if (looked !== undefined) return look(looked)
    if (text === undefined) return answerWith(403, 'An action has the header X-Sluice-Action.')
    const action = parseAction(text, parts!)
    if (typeof action === 'string') return answerWith(400, action)
    const { status, message } = await perform(
      action,
      parts!.sources.limiters.map(({ admin }) => admin),
    )
    if (status === 200 || status === 503) {
      const { limit, key } = action
      log.write({ ...action, atMs: Date.now(), who, outcome: status === 200 ? 'done' : 'failed', label: parts!.names.label(limit, key) })
      parts!.blocked.changed()
    }
    return answerWith(status, message)
  }

  /** What a request would meet. It is no action: nothing changes, and nothing is audited. */
  async function look(text: string): Promise<OperatorsAnswer> {
    if (preview === undefined) return answerWith(404, 'The application gives no preview.')
    const request = parsePreview(text)
    if (typeof request === 'string') return answerWith(400, request)
    try {
      const found = preview(request)
      const decision = isPromise(found) ? await time.within(found, { function: 'preview' }) : found
      return answer(200, json, JSON.stringify(previewAnswer(decision)))
    } catch (cause) {
      return answerWith(503, `The preview failed: ${reasonOf(cause)}`)
    }
  }

  async function show(who: string, { request, url }: OperatorsRequest<R>): Promise<OperatorsAnswer> {
    const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '')
    if (query.has('asset')) return asset(query.get('asset')!)
    if (query.has('series')) {
      const series = view.series(query.get('series')!)
      return series === undefined ? answerWith(404, 'There is no such limit.') : answer(200, json, JSON.stringify(series))
    }
    if (query.has('stream')) {
      if (stream.isFull) return answerWith(503, 'Too many pages are open.')
      return { status: 200, headers: streaming, body: '', stream: (viewer) => stream.join(viewer, () => isStillAllowed(request)) }
    }
    await parts!.refresh()
    const facts = { parts: partsNow(), series: view.series()!, who, hasPreview: preview !== undefined }
    const nonce = newNonce()
    return answer(200, [...pageHeaders(nonce), ['Refresh', String(refreshSeconds)]], operatorsPage(facts, nonce))
  }

  async function answerOf(call: OperatorsRequest<R>): Promise<OperatorsAnswer> {
    const { method, request } = call
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
      return answerWith(405, 'The page is read by GET, and acts by POST.', [['Allow', 'GET, HEAD, POST']])
    try {
      const who = await whoIs(request)
      if (who !== null) return await (method === 'POST' ? act(who, call) : show(who, call))
    } catch (cause) {
      warnOnce(SLUICE_OPERATORS, { reason: reasonOf(cause) })
      return plain(500, 'The page cannot be shown right now.', 'The process has warned of the cause.')
    }
    return method === 'POST'
      ? answerWith(403, 'You may not do that.')
      : plain(403, 'You may not see this page.', 'Sign in as an operator, and load it again.')
  }

  return async (call) => {
    const written = await answerOf(call)
    return call.method === 'HEAD' ? { ...written, body: '', stream: undefined } : written
  }
}

/** For readers without scripts. */
const refreshSeconds = 5

const json: readonly HeaderLine[] = [
  ['Content-Type', 'application/json; charset=utf-8'],
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
]

/** Proxies hand on each update at once, and change none. */
const streaming: readonly HeaderLine[] = [
  ['Content-Type', 'text/event-stream; charset=utf-8'],
  ['Cache-Control', 'no-store, no-transform'],
  ['X-Accel-Buffering', 'no'],
  ['X-Content-Type-Options', 'nosniff'],
]

function answer(status: number, headers: readonly HeaderLine[], body: string): OperatorsAnswer {
  return { status, headers, body }
}

function answerWith(status: number, message: string, more: readonly HeaderLine[] = []): OperatorsAnswer {
  return answer(status, [...json, ...more], JSON.stringify({ message }))
}

function plain(status: number, sentence: string, hint: string): OperatorsAnswer {
  const nonce = newNonce()
  return answer(status, pageHeaders(nonce), plainOperatorsPage(sentence, hint, nonce))
}

/** The script is named by its hash, so that a browser may keep it for ever. Another name is one of another release. */
function asset(hash: string): OperatorsAnswer {
  if (hash !== operatorsScript.hash) return answerWith(404, 'There is no such script. Load the page again.')
  const headers: readonly HeaderLine[] = [
    ['Content-Type', 'text/javascript; charset=utf-8'],
    ['Cache-Control', 'private, max-age=31536000, immutable'],
    ['X-Content-Type-Options', 'nosniff'],
  ]
  return answer(200, headers, operatorsScript.text)
}
