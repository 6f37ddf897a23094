/** The pages as handlers of Hono. */
import { withHeaders } from '@sluice/http/fetch'
import type { Context, Env } from 'hono'
import { type OperatorsPageOptions, operatorsPageEndpoint } from './operators/endpoint.ts'
import { webHeaders, webResponse } from './operators/web-viewer.ts'
import { type GuardQuotaPageOptions, type QuotaPageOptions, quotaPageEndpoint } from './quota-page-endpoint.ts'

/**
 * A handler that shows callers their quota as a page, and charges nothing for it. Put it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', quotaPage({ limiter, identify: (c) => sessionOf(c)?.user ?? null }))
 * app.use(guard)
 * ```
 */
export function quotaPage<C, E extends Env = Env>(
  options: QuotaPageOptions<Context<E>, C> | GuardQuotaPageOptions<Context<E>>,
): (c: Context<E>) => Promise<Response> {
  const answer = quotaPageEndpoint(options)
  return async (c) => {
    const { status, headers, body } = await answer({ request: c, method: c.req.method, acceptLanguage: c.req.header('accept-language') })
    return withHeaders(new Response(body, { status }), headers)
  }
}

/**
 * A handler of the operators' page, with its stream and its actions. Put it before the guard, for all methods of one path.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [guard.admin] })
 * app.all('/operators', operatorsPage({ view, authorize: (c) => sessionOf(c)?.operator ?? null }))
 * ```
 */
export function operatorsPage<E extends Env = Env>(options: OperatorsPageOptions<Context<E>>): (c: Context<E>) => Promise<Response> {
  const answer = operatorsPageEndpoint(options)
  return async (c) => webResponse(await answer({ request: c, method: c.req.method, url: c.req.url, header: webHeaders(c.req.raw) }))
}
