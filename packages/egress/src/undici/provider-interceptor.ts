/** An interceptor for undici 7 whose calls wait for permits: for everything that takes a dispatcher. It does what `fetchThrough` does. */
import type { Dispatcher } from 'undici'
import { type CallingOptions, createCalling } from '../fetch/attempts.ts'
import type { Provider } from '../provider/provider.ts'
import { dispatchThrough } from './dispatch-call.ts'

/**
 * An interceptor that sends requests under the limits of a provider.
 *
 * A request that is aborted while it waits leaves the queue. Compressed responses are read for what they used, and passed on as they are.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * const dispatcher = new Agent().compose(providerInterceptor(openai, { origins: ['https://api.openai.com'] }))
 * const response = await fetch('https://api.openai.com/v1/models', { dispatcher })
 */
export function providerInterceptor(provider: Provider, options: CallingOptions): Dispatcher.DispatcherComposeInterceptor {
  const calling = createCalling(provider, options, 'providerInterceptor')
  const throws = options.onRefused === 'throw'
  return (dispatch) => (request, handler) => {
    dispatchThrough({ calling, dispatch, throws }, request, handler)
    return true
  }
}
