/** The attempts of a call: each waits for a permit, and each response says whether there is another attempt. `fetch` and undici share it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Signal } from '@sluice/core'
import { checkOptions, optionalOf, systemClock } from '@sluice/core/internal'
import { isLimitRefusal } from '../dialects/dialect.ts'
import { headerOf, type ResponseHeaders, retryAfterOf } from '../dialects/response-headers.ts'
import { SLUICE_EGRESS_LIMITED, SLUICE_EGRESS_ORIGIN, SLUICE_EGRESS_OVERLOADED, SluiceError } from '../errors.ts'
import type { AcquireOptions } from '../provider/acquire-options.ts'
import { inContext } from '../provider/context.ts'
import type { RetryEvent } from '../provider/egress-event.ts'
import { eventsOf } from '../provider/events.ts'
import type { Permit } from '../provider/permit.ts'
import type { Provider } from '../provider/provider.ts'
import { EgressRefusal } from '../refusal.ts'
import { isRetryable, type RetryOptions, retryDelayMs } from '../retry/backoff.ts'
import { clientThrottle } from '../retry/client-throttle.ts'
import { retryBudget } from '../retry/retry-budget.ts'
import { estimateTokens } from './estimate.ts'
import { isSafe, type OutgoingCall, originsOf } from './outgoing-call.ts'

/** Options of every way to call a provider. */
export interface CallingOptions {
  /** Where calls may go: origins such as `'https://api.openai.com'`. Anything else is an error before it is sent. */
  readonly origins: readonly string[]
  /** Cost, caller and lane of a call. @default tokens estimated from the body, and the context of {@link withCallContext} */
  readonly estimate?: ((call: OutgoingCall) => Pick<AcquireOptions, 'cost' | 'caller' | 'lane' | 'deadlineMs'>) | undefined
  /**
   * Counts the tokens of a request body for the usual estimate, such as `estimateTokenCount` of `tokenx`. @default the bytes of the body
   * divided by 3.5
   */
  readonly countTokens?: ((text: string) => number) | undefined
  /** A refusal as a 429 that SDKs do not try again, or thrown. @default 'response' */
  readonly onRefused?: 'response' | 'throw' | undefined
  readonly retry?: RetryOptions | undefined
  /**
   * Whether a POST may be tried again after any failure. Calls with an `Idempotency-Key` always may. Without it the dialect of the
   * provider says which statuses mean that nothing was done. @default no
   */
  readonly idempotent?: ((call: OutgoingCall) => boolean) | undefined
}

/** Names of the options that all ways share. */
const callingOptions = ['origins', 'estimate', 'countTokens', 'onRefused', 'retry', 'idempotent'] as const

/** The attempts of one call. */
export interface Attempts {
  /** The permit of the next attempt. */
  permit(): Promise<Permit>
  /**
   * The head of a response.
   * @returns `'answered'`: settle the permit when the body has ended. Otherwise the permit is settled, and the call is tried again in so
   *   many milliseconds, or not again.
   */
  received(permit: Permit, status: number, headers: ResponseHeaders): 'answered' | 'given up' | number
  /** No response came. What was surely not sent costs nothing. */
  failed(permit: Permit, error: unknown): void
  /** Waits until the next attempt. @throws the reason of the signal if it is aborted */
  pause(ms: number): Promise<void>
}

export interface Calling {
  /** @throws SluiceError `SLUICE_EGRESS_ORIGIN` */
  checkOrigin(origin: string): void
  begin(call: OutgoingCall, signal: Signal | undefined, repeatable: boolean): Attempts
  /** The refusal that a 429 of the provider stands for, when it is not tried again. */
  limited(headers: ResponseHeaders): EgressRefusal
}

/** Failures of the connection that surely sent nothing. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])
/** Time that a call has for all its attempts, if it has no deadline. */
const longestCallMs = 120_000
/** Wait after a 429 that names none, in milliseconds. */
const usualWaitMs = 1000

/** @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_WHOLE_NUMBER` */
export function createCalling(provider: Provider, options: CallingOptions, name: string, others: readonly string[] = []): Calling {
  checkOptions(options, name, [...callingOptions, ...others])
  const origins = originsOf(options.origins)
  optionalOf(options.countTokens, 'countTokens', 'function')
  const clock = systemClock()
  const shared = { provider, options, clock, budget: retryBudget(), throttle: clientThrottle(clock) }
  return {
    checkOrigin(origin) {
      if (!origins.has(origin)) throw new SluiceError(SLUICE_EGRESS_ORIGIN, { origin, provider: provider.name })
    },
    begin: (call, signal, repeatable) => attemptsOf(shared, call, signal, repeatable),
    limited(headers) {
      const retryAfterMs = retryAfterOf(headerOf(headers), Date.now()) ?? usualWaitMs
      return new EgressRefusal(SLUICE_EGRESS_LIMITED, { ...whoRefuses(provider), retryAfterMs, facts: { status: 429 } })
    },
  }
}

interface Shared {
  readonly provider: Provider
  readonly options: CallingOptions
  readonly clock: Clock
  readonly budget: ReturnType<typeof retryBudget>
  readonly throttle: ReturnType<typeof clientThrottle>
}

function attemptsOf(
  { provider, options, clock, budget, throttle }: Shared,
  call: OutgoingCall,
  signal: Signal | undefined,
  repeatable: boolean,
): Attempts {
  const acquire = inContext<AcquireOptions>({
    cost: estimateTokens(call, provider.limits, options.countTokens),
    ...options.estimate?.(call),
    ...(signal ? { signal } : {}),
  })
  const endMs = clock.nowMs() + Math.min(acquire.deadlineMs ?? longestCallMs, longestCallMs)
  let failures = 0
  let refusedKey: string | undefined
  let repetitions = 0
  const events = eventsOf(provider)

  /** The call is tried again. @returns the wait */
  function again(reason: RetryEvent['reason'], status: number, delayMs: number): number {
    repetitions += 1
    if (events?.watched) events.tell({ type: 'retry', attempt: repetitions, reason, status, delayMs })
    return delayMs
  }

  function mayRepeat(status: number): boolean {
    if (!repeatable) return false
    return isSafe(call) || options.idempotent?.(call) === true || provider.dialect?.unprocessed?.includes(status) === true
  }

  /** A key that is refused says nothing of the call. One that is forbidden what another key may do says so once. */
  function isForOtherKey({ key }: Permit, status: number): boolean {
    if (key === undefined || !repeatable) return false
    if (status !== 401 && !(status === 403 && refusedKey === undefined)) return false
    return provider.hasOtherKey?.(key, acquire) === true
  }

  return {
    permit() {
      if (!throttle.admits(Math.random())) {
        const refusal = new EgressRefusal(SLUICE_EGRESS_OVERLOADED, { ...whoRefuses(provider), retryAfterMs: usualWaitMs })
        if (events?.watched)
          events.tell({ type: 'refused', refusal, waitedMs: 0, lane: acquire.lane ?? null, caller: acquire.caller ?? null })
        throw refusal
      }
      const deadlineMs = acquire.deadlineMs === undefined ? undefined : endMs - clock.nowMs()
      return provider.acquire({ ...acquire, deadlineMs, again: failures > 0 || refusedKey !== undefined, refusedKey })
    },
    received(permit, status, headers) {
      permit.observe(headers, status)
      throttle.answered(status < 500)
      const header = headerOf(headers)
      const isRefused = isLimitRefusal(provider.dialect, status, header)
      if (!isRefused && isForOtherKey(permit, status)) {
        refusedKey = permit.key
        permit.settle(nothingBut('requests', provider.limits))
        return again('key', status, 0)
      }
      if (!isRetryable(status) && !isRefused) {
        budget.succeeded()
        return 'answered'
      }
      failures += 1
      budget.failed()
      // A refused call counts as a request, and uses nothing else.
      permit.settle(nothingBut('requests', provider.limits))
      if (!mayRepeat(status) || !budget.allows() || header('x-should-retry') === 'false') return 'given up'
      const retryAfterMs = retryAfterOf(header, Date.now())
      const delayMs = retryDelayMs(options.retry ?? {}, failures, retryAfterMs, endMs - clock.nowMs(), Math.random())
      return delayMs === undefined ? 'given up' : again(isRefused || status === 429 ? 'limited' : 'failed', status, delayMs)
    },
    failed(permit, error) {
      const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
      // What the caller has aborted says nothing of the provider.
      if (signal?.aborted !== true) throttle.answered(false)
      if (unsent.has(String(code ?? cause?.code))) permit.cancel()
      else permit.settle()
    },
    async pause(ms) {
      await sleep(ms, undefined, signal === undefined ? {} : { signal: signal as AbortSignal }).catch((error: unknown) => {
        throw signal?.aborted === true ? signal.reason : error
      })
    },
  }
}

function whoRefuses({ name, refusedStatus }: Provider) {
  return { provider: name, scope: 'provider', status: refusedStatus } as const
}

function nothingBut(kept: string, limits: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.keys(limits).flatMap((name) => (name === kept ? [] : [[name, 0]])))
}
