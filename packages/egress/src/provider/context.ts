/** What a request of the application says of all its calls: who it is for, how long it waits. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { AcquireOptions } from './acquire-options.ts'

export type CallContext = Pick<AcquireOptions, 'caller' | 'lane' | 'signal' | 'deadlineMs'>

const contexts = new AsyncLocalStorage<CallContext>()

/**
 * Runs a function whose calls have these options, unless they have their own.
 * @example
 * app.use((request, response, next) => withCallContext({ caller: request.user.id }, next))
 */
export function withCallContext<T>(context: CallContext, run: () => T): T {
  return contexts.run({ ...contexts.getStore(), ...context }, run)
}

export function inContext<T extends AcquireOptions>(options: T): T {
  const context = contexts.getStore()
  return context === undefined ? options : { ...context, ...options }
}
