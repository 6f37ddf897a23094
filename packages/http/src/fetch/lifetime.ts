/** How long a runtime stays up: those that stop after a response are asked to wait for what comes after it. */
import { isPromise } from '@sluice/core/internal'
import type { Watch } from '../guard/request-ledger.ts'
import type { Ended } from './when-sent.ts'

/** What such a runtime hands to a handler: the context of a Worker, the event of a service worker or of Next.js. */
export interface Lifetime {
  waitUntil(work: Promise<unknown>): void
}

/** What of that which a runtime hands to a handler can wait, if anything. */
export function lifetimeAmong(handed: readonly unknown[]): Lifetime | undefined {
  return handed.find((one): one is Lifetime => typeof (one as Partial<Lifetime> | null | undefined)?.waitUntil === 'function')
}

/** What `finish` does; where settling takes longer than the response, the runtime waits for it. */
export function finishWithin(lifetime: Lifetime | undefined, finish: Parameters<Watch>[0]): Ended {
  return (response) => {
    const settled = finish(response)
    if (isPromise(settled)) lifetime?.waitUntil(settled)
  }
}
