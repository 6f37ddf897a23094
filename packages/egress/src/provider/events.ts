/** What a provider says to those who watch it. No event carries a header, a body or a credential. */

import type { SluiceError as CoreError } from '@sluice/core'
import { type CodeText, reasonOf, warnOnce } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import type { EgressRefusal } from '../refusal.ts'

export type EgressEvent =
  /** `lagMs` is the time since the mirror was asked for this call. `transit` must cover it and the way to the provider. */
  | { readonly type: 'sent'; readonly waitedMs: number; readonly lagMs: number; readonly lane: string }
  | { readonly type: 'refused'; readonly refusal: EgressRefusal }
  /** The provider answered 429. */
  | { readonly type: 'limited'; readonly retryAfterMs: number | undefined }
  /**
   * The headers of the provider name another limit than before: your account allows 500 a minute, and you configured 600. The lower of the
   * two holds.
   */
  | { readonly type: 'allowance'; readonly limit: string; readonly allowed: number; readonly configured: number }
  /** Calls keep a distance from now on: the provider counts by the second. */
  | { readonly type: 'paced' }
  /** The store of the mirror does not answer any more, or answers again; `onOutage` says what happens to calls meanwhile. */
  | { readonly type: 'outage'; readonly state: 'began' | 'ended'; readonly error: CoreError }
  /** A key of a pool came, went, was refused by the provider with `status`, or is used again. */
  | { readonly type: 'key'; readonly key: string; readonly state: KeyChange; readonly status: number | undefined }
  /** The measured use of a caller of a key pool moved it to another tier. */
  | { readonly type: 'tier'; readonly caller: string; readonly tier: 'dedicated' | 'shared' }
  /** A permit was not settled in time, or another fault that no caller sees. */
  | { readonly type: 'fault'; readonly error: CoreError }

/** What happened to a key of a pool. */
export type KeyChange = 'added' | 'draining' | 'removed' | 'evicted' | 'restored'

export interface EgressEvents {
  observe(listener: (event: EgressEvent) => void): () => void
  readonly watched: boolean
  tell(event: EgressEvent): void
}

export function createEvents(): EgressEvents {
  const listeners = new Set<(event: EgressEvent) => void>()
  return {
    observe(listener) {
      const own = (event: EgressEvent): void => listener(event)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    get watched() {
      return listeners.size > 0
    },
    tell(event) {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch (error) {
          // What a listener throws is its own error, not one of the call.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}

/** A fault of a function of the application, which no caller sees. */
export function tellFault(events: EgressEvents, provider: string, text: CodeText, cause: unknown): void {
  const facts = { provider, cause: reasonOf(cause) }
  if (events.watched) events.tell({ type: 'fault', error: new SluiceError(text, facts, { cause }) })
  else warnOnce(text, facts)
}
