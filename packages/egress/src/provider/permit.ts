/** The right to send one call. */
import type { Micros } from '@sluice/core'
import type { ResponseHeaders } from '../dialects/response-headers.ts'
import type { EgressCost } from './costs.ts'

/** The right to send one call, now. Settle it when the response has ended, or cancel it if the call was not sent. */
export interface Permit {
  /** Milliseconds that the call has waited. */
  readonly waitedMs: number
  /** Label of the key that sends the call, if a key pool gave the permit. */
  readonly key?: string | undefined
  /** Sets the header with the secret of the key, if a key pool gave the permit. */
  authorize?(headers: Headers): void
  /**
   * What the head of the response says: quotas that are left, and for status 429 the time to wait, which holds for all processes.
   * Call it when the headers arrive.
   * @param status - of the response. @default 200
   */
  observe(headers: ResponseHeaders, status?: number): void
  /** Replaces the estimate by what was used, once. Limits that are not named keep their estimate. */
  settle(actual?: EgressCost): void
  /** Gives everything back, if the call was never sent. */
  cancel(): void
  /** Settles with the estimate, if nothing else has ended the permit. */
  [Symbol.dispose](): void
}

/** What a permit needs of its provider. */
export interface PermitEnd {
  readonly at: Micros
  readonly waitedMs: number
  observe(headers: ResponseHeaders, status: number): void
  /** Called once. `undefined` keeps the estimate. */
  end(actual: EgressCost | undefined | 'cancelled'): void
}

export function permitOf({ waitedMs, observe, end }: PermitEnd): Permit {
  let ended = false
  const once = (actual: EgressCost | undefined | 'cancelled'): void => {
    if (ended) return
    // A wrong cost throws, and the permit can still be settled.
    end(actual)
    ended = true
  }
  return {
    waitedMs,
    observe: (headers, status = 200) => observe(headers, status),
    settle: (actual) => once(actual),
    cancel: () => once('cancelled'),
    [Symbol.dispose]: () => once(undefined),
  }
}
