/** Limits, checked before a limiter has them: for tools that read limits from elsewhere. */
import type { Limit } from '../limit.ts'
import { compilePolicy } from './policy.ts'

/**
 * Checks limits as `createLimiter` does, and makes no limiter. Rules that a function returns are checked when the function is called.
 * How many limits a store decides in one step is not checked.
 *
 * @throws SluiceError with the code that `createLimiter` throws. Its `limit` and `option` say what is wrong where, for example `'user'`
 *   and `'nearAt'`.
 * @example
 * ```ts
 * try {
 *   checkLimits([{ name: 'user', by: (user: string) => user, rule: tokenBucket({ capacity: 10, per: '1m' }), nearAt: 2 }])
 * } catch (error) {
 *   if (error instanceof SluiceError) console.log(error.limit, error.option) //> user nearAt
 * }
 * ```
 */
export function checkLimits<C>(limits: readonly Limit<C>[]): void {
  compilePolicy(limits, '0')
}
