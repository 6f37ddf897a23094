/** The quota endpoint as a handler of Hono. */
import { type GuardQuotaOptions, type QuotaOptions, quotaEndpoint } from '@sluice/http'
import { withHeaders } from '@sluice/http/fetch'
import type { Context, Env } from 'hono'

/**
 * A handler that tells callers where they stand, and charges nothing for it. Put it before the guard.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`
 * @example
 * ```ts
 * app.get('/quota', quota({ limiter, identify: (c) => userOf(c.req.header('authorization')) }))
 * app.use(guard)
 * ```
 */
export function quota<C, E extends Env = Env>(
  options: QuotaOptions<Context<E>, C> | GuardQuotaOptions<Context<E>>,
): (c: Context<E>) => Promise<Response> {
  const answer = quotaEndpoint(options)
  return async (c) => {
    const { status, headers, body } = await answer(c, c.req.method)
    return withHeaders(new Response(body, { status }), headers)
  }
}
