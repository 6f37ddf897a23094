/** The quota page as a handler of Express. */
import type { ServerResponse } from 'node:http'
import type { Request } from 'express'
import { quotaPage as onNode } from './node.ts'
import type { GuardQuotaPageOptions, QuotaPageOptions } from './quota-page-endpoint.ts'

/**
 * A handler that shows callers their quota as a page, and charges nothing for it. Put it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', quotaPage({ limiter, identify: (req) => sessionOf(req)?.user ?? null }))
 * app.use(guard)
 * ```
 */
export function quotaPage<C>(
  options: QuotaPageOptions<Request, C> | GuardQuotaPageOptions<Request>,
): (request: Request, response: ServerResponse) => Promise<void> {
  return onNode<C, Request>(options)
}
