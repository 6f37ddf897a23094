/** The server contract of the quota page: a request in terms of no framework becomes status, headers and body. */
import type { MaybePromise } from '@sluice/core'
import { checkOptions, functionTime, isPromise, optionalOf, reasonOf, SLUICE_OPTION_TYPE, warnOnce } from '@sluice/core/internal'
import { type GuardQuotaOptions, type HeaderLine, type QuotaDocument, type QuotaOptions, quotaOptionNames, quotaReader } from '@sluice/http'
import { SLUICE_QUOTA_PAGE, SluiceError } from './errors.ts'
import type { LimitLabel } from './page/facts.ts'
import { plainPage, quotaPage } from './page/quota-page.ts'
import { newNonce, pageHeaders } from './page-headers.ts'
import { type Translations, type Voice, voices } from './voice.ts'

/** Who the reader is, in words. */
export interface Description {
  /** Such as `Acme`. @default none */
  readonly account?: string | undefined
  /** Such as `Plus`. @default none */
  readonly plan?: string | undefined
}

/** What the page says beside the quota. `C` is the subject. */
export interface QuotaPageParts<C> {
  /**
   * The account and the plan of a subject, which stand at the top of the page. Text, whatever is in it. It may take as long as `identify`; where
   * it fails, the page goes without them and the process warns.
   * @default none
   */
  readonly describe?: ((subject: C) => MaybePromise<Description>) | undefined
  /** How the page calls limits, by their names. @default their names */
  readonly labels?: Readonly<Record<string, LimitLabel>> | undefined
  /** Texts in other languages, by language tag. `Accept-Language` chooses. @default English alone */
  readonly texts?: Translations | undefined
}

/** What a quota page is made of. `R` is the request of the framework, `C` the subject of the limiter. */
export interface QuotaPageOptions<R, C> extends QuotaOptions<R, C>, QuotaPageParts<C> {}

/** The same by the limits of a guard. The subject is the request itself. */
export interface GuardQuotaPageOptions<R> extends GuardQuotaOptions<R>, QuotaPageParts<R> {}

/** The part of a request that the page needs. */
export interface PageRequest<R> {
  /** What `identify` gets. */
  readonly request: R
  readonly method: string
  /** The header `Accept-Language`, if there is one. No other header is read: every answer is a page, whatever the client accepts. */
  readonly acceptLanguage: string | undefined
}

/** The answer to one request. */
export interface PageAnswer {
  readonly status: 200 | 404 | 405 | 500
  readonly headers: readonly HeaderLine[]
  /** HTML. Empty for HEAD. */
  readonly body: string
}

/**
 * Answers requests for the quota page, in terms of no framework. `quotaPage` of `@sluice/dashboard/fastify`, `/express`, `/hono`, `/node` and
 * `/fetch` are made of it.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`
 * @example
 * ```ts
 * const answer = quotaPageEndpoint<IncomingMessage, string>({ limiter, identify: (request) => sessionOf(request)?.user ?? null })
 * const { status, headers, body } = await answer({ request, method: 'GET', acceptLanguage: request.headers['accept-language'] })
 * ```
 */
export function quotaPageEndpoint<R, C>(
  options: QuotaPageOptions<R, C> | GuardQuotaPageOptions<R>,
): (request: PageRequest<R>) => Promise<PageAnswer> {
  checkOptions(options, 'quotaPage', [...quotaOptionNames, 'describe', 'labels', 'texts'])
  const { labels = {}, texts, functionTimeout } = options
  const describe = options.describe as QuotaPageParts<C | R>['describe']
  optionalOf(describe, 'describe', 'function')
  for (const [name, label] of Object.entries(labels)) checkOptions(label, `labels.${name}`, ['title', 'rule', 'amount'])
  const read = quotaReader<R, C>(options)
  const voiceFor = voices(texts)
  const time = functionTime(functionTimeout)

  async function descriptionOf(subject: C | R): Promise<Description> {
    try {
      if (describe === undefined) return {}
      const answer = describe(subject)
      const { account, plan } = isPromise(answer) ? await time.within(answer, { function: 'describe' }) : answer
      return { account: checkedText(account), plan: checkedText(plan) }
    } catch (cause) {
      warnOnce(SLUICE_QUOTA_PAGE, { what: 'account and plan', reason: reasonOf(cause) })
      return {}
    }
  }

  async function answerOf({ request, method, acceptLanguage }: PageRequest<R>): Promise<PageAnswer> {
    const voice = voiceFor(acceptLanguage)
    if (method !== 'GET' && method !== 'HEAD') return answer(405, (nonce) => plainPage(voice, voice.say('notAllowed'), '', nonce), [allow])
    // The reader has warned of the cause, and the page says nothing of it.
    const found = await read(request).catch(() => undefined)
    if (found === undefined) return failure(voice)
    if (found === null) return answer(404, (nonce) => plainPage(voice, voice.say('notFound'), voice.say('signIn'), nonce))
    const { document, isServed, readAtMs } = found.reading
    const { account, plan } = await descriptionOf(options.guard === undefined ? found.subject : request)
    const ageMs = performance.now() - readAtMs
    const facts = { document, isServed, ageMs, account, plan, labels, voice }
    try {
      return answer(200, (nonce) => quotaPage(facts, nonce), refresh(document))
    } catch (cause) {
      warnOnce(SLUICE_QUOTA_PAGE, { what: 'the quota', reason: reasonOf(cause) })
      return failure(voice)
    }
  }

  return async (request) => {
    const written = await answerOf(request)
    return request.method === 'HEAD' ? { ...written, body: '' } : written
  }
}

const allow: HeaderLine = ['Allow', 'GET, HEAD']

function failure(voice: Voice): PageAnswer {
  return answer(500, (nonce) => plainPage(voice, voice.say('failed'), voice.say('failedHint'), nonce))
}

function answer(status: PageAnswer['status'], write: (nonce: string) => string, more: readonly HeaderLine[] = []): PageAnswer {
  const nonce = newNonce()
  return { status, headers: [...pageHeaders(nonce), ...more], body: write(nonce) }
}

/** Seconds after which a page of the unknown is read again, and the longest wait that a browser has to keep. */
const unknownSeconds = 10
const longestSeconds = 86_400

/** For readers without scripts: reads the page again when the wait is over, and not before. */
function refresh({ state, retryAfterMs }: QuotaDocument): readonly HeaderLine[] {
  if (state === 'unknown') return [['Refresh', String(unknownSeconds)]]
  if (state !== 'limited' || retryAfterMs === null) return []
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return seconds > longestSeconds ? [] : [['Refresh', String(seconds)]]
}

function checkedText(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'describe(…)', wanted: 'texts', value })
}
