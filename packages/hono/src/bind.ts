/** Binding for Hono's contexts. */
import type { Limiter, MaybePromise } from '@sluice/core'
import { type Bound, bind as bindRequest, type HttpFacts } from '@sluice/http'
import type { Context, Env } from 'hono'

/** Binds a limiter of domain subjects to Hono's contexts; the subject `null` means that it does not apply. */
export function bind<E extends Env = Env, C = unknown>(
  limiter: Limiter<C>,
  subject: (c: Context<E>, http: HttpFacts) => MaybePromise<C | null>,
): Bound<Context<E>> {
  return bindRequest<Context<E>>(limiter as Limiter<unknown>, subject)
}
