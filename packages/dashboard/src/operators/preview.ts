/** Which limits a request would meet, and whether it would pass: a look that charges nothing. */
import type { Decision, LimitStatus, MaybePromise } from '@sluice/core'
import { isPromise, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { escapeHtml, type GuardQuotaOptions, optionsOfGuard, type QuotaOptions } from '@sluice/http'
import { SluiceError } from '../errors.ts'
import { numberCell, tableOf, textCell } from './html.ts'
import { countText, spanText } from './words.ts'

/** A request as an operator describes it. */
export interface PreviewRequest {
  /** Such as `GET`. */
  readonly method: string
  /** With its query, such as `/search?q=tea`. */
  readonly path: string
  /** The client's address; empty where the operator names none. */
  readonly address: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Answers what a request would meet, as `peek` does, or `null` where no limit is for it. */
export type Preview = (request: PreviewRequest) => MaybePromise<Decision | null>

/**
 * A preview by the limits of a guard, its undisclosed ones included.
 * @param guard - what `sluice` or its `with` returned, or `app.sluice` of Fastify
 * @param toRequest - makes the request of the framework that the functions of the limits get
 * @throws SluiceError `SLUICE_OPTION_TYPE`
 * @example
 * ```ts
 * const preview = previewOf(guard, ({ method, path, headers }) => new Request(`http://localhost${path}`, { method, headers }))
 * app.all('/operators', operatorsPage({ view, authorize, preview }))
 * ```
 */
export function previewOf<R>(guard: GuardQuotaOptions<R>['guard'], toRequest: (request: PreviewRequest) => R): Preview {
  if (typeof toRequest !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'toRequest', wanted: 'a function that makes a request', value: toRequest })
  const { limiter, identify } = optionsOfGuard<R, unknown>({ guard }) as QuotaOptions<R, unknown>
  return (request) => {
    const subject = identify(toRequest(request))
    if (isPromise(subject)) return subject.then((own) => (own === null ? null : limiter.peek(own)))
    return subject === null ? null : limiter.peek(subject)
  }
}

const longestPreview = 8192

/** Reads the header `X-Sluice-Preview`. @returns a sentence where it is not understood */
export function parsePreview(text: string): PreviewRequest | string {
  if (text.length > longestPreview) return 'The request is too long.'
  try {
    const { method, path, address, headers } = JSON.parse(decodeURIComponent(text)) as Partial<Record<keyof PreviewRequest, unknown>>
    if (typeof method !== 'string' || !/^[A-Z]{1,20}$/.test(method)) return 'A method has capital letters, such as GET.'
    if (typeof path !== 'string' || !path.startsWith('/')) return 'A path begins with /.'
    if (typeof address !== 'string' || typeof headers !== 'string') return 'The request has an address and headers, which may be empty.'
    return { method, path, address, headers: headersOf(headers) }
  } catch {
    return 'The request is no JSON.'
  }
}

/** Lines such as `x-api-key: abc`. */
function headersOf(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').flatMap((line) => {
    const end = line.indexOf(':')
    return end < 1 ? [] : [[line.slice(0, end).trim().toLowerCase(), line.slice(end + 1).trim()] as const]
  })
  return Object.fromEntries(lines)
}

/** The answer in a sentence, and each limit in a table. */
export function previewAnswer(decision: Decision | null): { readonly message: string; readonly html: string } {
  if (decision === null) return { message: 'No limit is for this request, or its address is denied.', html: '' }
  const { limits, refusedBy, outcome, retryAfterMs } = decision
  const wait = retryAfterMs === null ? ', and no wait would help' : outcome === 'limited' ? `, and pass in ${spanText(retryAfterMs)}` : ''
  const message =
    outcome === 'unavailable'
      ? `It cannot be decided: ${refusedBy.join(', ')} cannot be read.`
      : decision.allowed
        ? `It would pass. It meets ${limits.length === 1 ? 'one limit' : `${countText(limits.length)} limits`}.`
        : `It would be refused by ${refusedBy.join(', ')}${wait}.`
  return {
    message,
    html: limits.length === 0 ? '' : tableOf({ caption: 'The limits that it meets', head, rows: limits.map(rowOf), empty: '' }),
  }
}

const head = ['Limit', 'Answer', 'Left', 'Capacity', 'Callers see it'].map((name) => `<th scope="col">${name}</th>`).join('')

function rowOf({ name, allowed, shadow, remaining, capacity, disclose }: LimitStatus): string {
  const refusal = shadow ? 'would refuse, and is measured alone' : 'refuses'
  const cells = [
    textCell(allowed ? 'passes' : refusal),
    numberCell(remaining, countText(remaining)),
    numberCell(capacity, countText(capacity)),
  ]
  return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}${textCell(disclose ? 'yes' : 'no')}</tr>`
}

/** The form of the page. It needs its script. */
export const previewForm: string = [
  '<form class="preview js" id="preview"><h3>Which limits would this request meet?</h3>',
  '<label>Method <select name="method"><option>GET<option>POST<option>PUT<option>PATCH<option>DELETE</select></label>',
  '<label>Path <input name="path" value="/" required></label>',
  '<label>Address <input name="address" placeholder="203.0.113.7"></label>',
  '<label>Headers <textarea name="headers" rows="2" cols="32" placeholder="x-api-key: abc"></textarea></label>',
  '<button>Look</button></form><div id="previewed"><p role="status"></p><div></div></div>',
].join('\n')
