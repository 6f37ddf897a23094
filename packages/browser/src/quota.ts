/** Where the caller of a page stands: what the latest responses have said, and the countdown until more is there. */
import { type BindOptions, bindButton } from './button.ts'
import { countdown } from './countdown.ts'
import { type Answered, readingOf, type Tightest } from './fields.ts'

/** Options of {@link createQuota}. */
export interface QuotaOptions {
  /** From which share of a limit that is left the caller is near it, from 0 to 1. @default 0.2 */
  readonly near?: number | undefined
}

/** Where the caller stands. A snapshot: it never changes, and the same object says that nothing has changed. */
export interface QuotaState {
  /** `unknown` until a response has said something; `limited` while a call would be refused. */
  readonly status: 'unknown' | 'ok' | 'near' | 'limited'
  /** The name of the limit that is nearest to its end, if the server disclosed it. */
  readonly name?: string | undefined
  /** Units that are left of it. */
  readonly remaining?: number | undefined
  /** Its units in whole. */
  readonly limit?: number | undefined
  /** Whole seconds, rounded up: until a call passes (`limited`), or until more units are there (`near`). */
  readonly seconds?: number | undefined
}

/** The quota of one API, as a page sees it. */
export interface Quota {
  /** Where the caller stands now. */
  readonly state: QuotaState
  /**
   * A `fetch` that also reads what the responses say. Wrap the one that calls the API, and no other: a 429 of anyone counts.
   * @example
   * ```ts
   * const call = api.wrap(fetch)
   * const response = await call('/search?q=tea')
   * ```
   */
  wrap<F extends (...call: never[]) => Promise<Answered>>(fetch: F): F
  /** Reads a response that came in another way. */
  read(response: Answered): void
  /** Calls back after each change of `state`, at most once a second while it counts down. @returns a function that ends it */
  subscribe(listener: () => void): () => void
  /**
   * Greys a button out while calls would be refused: it counts down, stays in the order of focus, and comes back once. Near the limit a
   * hint stands below it.
   * @returns a function that ends it
   * @example
   * ```ts
   * api.bind(document.querySelector('#search')!, { banner: document.querySelector('#banner')! })
   * ```
   */
  bind(button: HTMLElement, options?: BindOptions): () => void
}

/** Milliseconds until another try after a refusal that tells no time: the first, and the longest. They double. */
const firstGuessMs = 1000
const longestGuessMs = 30_000

/**
 * Follows the quota of one API in a page. Times are counted by the monotonic clock, so that a wrong or changed clock of the machine does
 * not matter.
 * @throws RangeError if `near` is no number from 0 to 1
 * @example
 * ```ts
 * const api = createQuota()
 * const call = api.wrap(fetch)
 * api.subscribe(() => console.log(api.state.status, api.state.remaining))
 * ```
 */
export function createQuota({ near = 0.2 }: QuotaOptions = {}): Quota {
  if (!(near >= 0 && near <= 1)) throw new RangeError(`sluice: near must be from 0 to 1, but is ${near}`)
  const { now, leftMs, become, subscribe } = countdown()
  let guesses = 0
  /** How many times calls were limited. */
  let times = 0
  let calls = 0
  let latest = 0
  let hasWarned = false

  /** A call that was sent before the latest that is known of, and passed, says nothing new. A refusal always does. */
  function take(response: Answered, order: number): void {
    const { isRefusal, retryMs, moreMs, tightest } = readingOf(response)
    const { status } = now()
    if (isRefusal) {
      times++
      const waitMs = retryMs ?? Math.min(longestGuessMs, firstGuessMs * 2 ** guesses++)
      // An answer before this one may have told a longer wait, of another limit.
      const longerMs = status === 'limited' ? leftMs() : 0
      become({ status: 'limited', ...tightest }, Math.max(waitMs, longerMs), retryMs !== undefined || longerMs > waitMs)
      warnOfHidden(response)
    } else if (order >= latest) {
      guesses = 0
      if (tightest !== undefined) passed(tightest, moreMs)
      else if (status !== 'unknown') become({ status: 'ok' })
    }
    latest = Math.max(latest, order)
  }

  function passed(tightest: Tightest, moreMs: number | undefined): void {
    const { remaining, limit } = tightest
    if (remaining === 0 && moreMs !== undefined) {
      times++
      become({ status: 'limited', ...tightest }, moreMs)
    } else if (limit === undefined ? remaining > 0 : remaining > near * limit) become({ status: 'ok', ...tightest })
    else become({ status: 'near', ...tightest }, moreMs)
  }

  function warnOfHidden({ headers, type }: Answered & { readonly type?: string }): void {
    if (hasWarned || type !== 'cors' || headers.get('retry-after') !== null || headers.get('ratelimit') !== null) return
    hasWarned = true
    // biome-ignore lint/suspicious/noConsole: a page has no other place for a warning
    console.warn(
      'sluice: a 429 hides its wait. Let the server send Access-Control-Expose-Headers: RateLimit, RateLimit-Policy, Retry-After, Date',
    )
  }

  const self: Quota = {
    get state() {
      return now()
    },
    wrap<F extends (...call: never[]) => Promise<Answered>>(fetch: F): F {
      return (async (...call: never[]) => {
        const order = ++calls
        const response = await fetch(...call)
        take(response, order)
        return response
      }) as F
    },
    read: (response) => take(response, ++calls),
    subscribe,
    bind: (button, options) => bindButton(self, button, () => times, options),
  }
  return self
}
