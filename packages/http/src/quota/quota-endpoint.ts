/** The quota endpoint: a caller asks where it stands, and is charged nothing for it. */
import type { SluiceError } from '@sluice/core'
import { checkOptions } from '@sluice/core/internal'
import type { HeaderLine } from '../headers/header-line.ts'
import { faultAnswer } from '../refusal/fault.ts'
import type { GuardQuotaOptions } from './guard-quota.ts'
import { type QuotaOptions, quotaOptionNames, quotaReader } from './quota-reader.ts'

/** The answer to one request: JSON, or a problem document (RFC 9457). */
export interface QuotaAnswer {
  readonly status: 200 | 404 | 405 | 500
  readonly headers: readonly HeaderLine[]
  /** Empty for HEAD. */
  readonly body: string
}

/**
 * Answers requests for a quota, in terms of no framework. Each adapter has a handler `quota` that is made of it.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`, `SLUICE_WHOLE_NUMBER`
 * @example
 * ```ts
 * const answer = quotaEndpoint<IncomingMessage, string>({ limiter, identify: (request) => sessionOf(request)?.user ?? null })
 * const { status, headers, body } = await answer(request, request.method)
 * ```
 */
export function quotaEndpoint<R, C>(
  options: QuotaOptions<R, C> | GuardQuotaOptions<R>,
): (request: R, method: string) => Promise<QuotaAnswer> {
  checkOptions(options, 'quota', quotaOptionNames)
  const read = quotaReader(options)

  async function answerOf(request: R, method: string): Promise<QuotaAnswer> {
    if (method !== 'GET' && method !== 'HEAD') return problem(405, 'Method Not Allowed', ['Allow', 'GET, HEAD'])
    try {
      const found = await read(request)
      if (found === null) return problem(404, 'Not Found')
      return { status: 200, headers: [noStore, ['Content-Type', 'application/json']], body: JSON.stringify(found.reading.document) }
    } catch (fault) {
      return faultAnswer(fault as SluiceError)
    }
  }

  return async (request, method) => {
    const answer = await answerOf(request, method)
    return method === 'HEAD' ? { ...answer, body: '' } : answer
  }
}

const noStore: HeaderLine = ['Cache-Control', 'no-store']

function problem(status: 404 | 405, title: string, ...more: HeaderLine[]): QuotaAnswer {
  const headers: HeaderLine[] = [noStore, ['Content-Type', 'application/problem+json'], ...more]
  return { status, headers, body: JSON.stringify({ type: 'about:blank', title, status }) }
}
