/** The pages as handlers of Express. */
import type { ServerResponse } from 'node:http'
import type { Request } from 'express'
import { quotaPage as onNode, operatorsPage as operatorsOnNode } from './node.ts'
import type { OperatorsPageOptions } from './operators/endpoint.ts'
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

/**
 * A handler of the operators' page, with its stream and its actions. Put it before the guard, for all methods of one path.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [guard.admin] })
 * app.all('/operators', operatorsPage({ view, authorize: (req) => sessionOf(req)?.operator ?? null }))
 * ```
 */
export function operatorsPage(options: OperatorsPageOptions<Request>): (request: Request, response: ServerResponse) => Promise<void> {
  return operatorsOnNode<Request>(options)
}
