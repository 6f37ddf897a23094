/** Binding a limiter of domain subjects to a framework's request: one limiter serves a route, a worker and a socket. */
import { SluiceError } from '@sluice/core'
import { storeOf } from '@sluice/core/internal'
import type { Bind, Bound } from '../http-limit.ts'

const bounds = new WeakSet<object>()

/**
 * Binds a limiter to requests.
 * @throws SluiceError `SLUICE_OPTION_TYPE` for something else than a limiter and a function
 */
export function bind<R>(...[limiter, subject]: Parameters<Bind<R>>): Bound<R> {
  if (typeof limiter !== 'object' || limiter === null || storeOf(limiter) === undefined) {
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'bind(limiter)', wanted: 'what createLimiter() made', value: limiter })
  }
  if (typeof subject !== 'function')
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'bind(…, subject)', wanted: 'a function of the request', value: subject })
  const bound = Object.freeze({ limiter, subject })
  bounds.add(bound)
  return bound
}

/** @throws SluiceError `SLUICE_BOUND` unless `bind` made it */
export function checkBound(bound: unknown, option: string): void {
  if (bound !== undefined && (typeof bound !== 'object' || bound === null || !bounds.has(bound)))
    throw new SluiceError('SLUICE_BOUND', { option })
}
