/**
 * Providers as they count, over windows of one minute: what is too much is refused. They share no code with what races.
 *
 * A call that is refused for its tokens counts as a request all the same. A call that is refused for want of requests counts as nothing. If
 * it counted, retries would keep a full window full, and most calls of every contender without a mirror would fail.
 */

export interface Quota {
  readonly requests: number
  readonly tokens: number
}

export interface CountingProvider {
  /** @returns 0 if the call is served; otherwise `Retry-After`, in whole seconds */
  arrive(id: number, atMs: number, tokens: number): number
  /** The response has ended: the provider knows what the call has used. */
  finish(id: number, atMs: number, tokens: number): void
}

export const windowMs = 60_000

interface Arrival {
  readonly atMs: number
  tokens: number
  hasLeft: boolean
}

/** Any minute holds at most the quota. */
export function slidingProvider({ requests, tokens: mostTokens }: Quota): CountingProvider {
  const arrivals: Arrival[] = []
  const served = new Map<number, Arrival>()
  let first = 0
  let usedTokens = 0

  function leave(nowMs: number): void {
    for (; first < arrivals.length && arrivals[first]!.atMs <= nowMs - windowMs; first++) {
      arrivals[first]!.hasLeft = true
      usedTokens -= arrivals[first]!.tokens
    }
  }

  /** When the call would fit, if nothing else arrives. */
  function retryAfter(nowMs: number, tokens: number): number {
    let used = usedTokens
    let count = arrivals.length - first
    let at = first
    for (; at < arrivals.length && (count >= requests || used + tokens > mostTokens); at++) {
      used -= arrivals[at]!.tokens
      count -= 1
    }
    const freeMs = at === first ? nowMs : arrivals[at - 1]!.atMs + windowMs
    return Math.max(1, Math.ceil((freeMs - nowMs) / 1000))
  }

  return {
    arrive(id, atMs, tokens) {
      leave(atMs)
      if (arrivals.length - first >= requests) return retryAfter(atMs, tokens)
      const isServed = usedTokens + tokens <= mostTokens
      const arrival: Arrival = { atMs, tokens: isServed ? tokens : 0, hasLeft: false }
      arrivals.push(arrival)
      usedTokens += arrival.tokens
      if (!isServed) return retryAfter(atMs, tokens)
      served.set(id, arrival)
      return 0
    },
    finish(id, _atMs, tokens) {
      const arrival = served.get(id)
      if (arrival === undefined) return
      served.delete(id)
      if (!arrival.hasLeft) usedTokens += tokens - arrival.tokens
      arrival.tokens = tokens
    },
  }
}

/** Minutes that begin at `phaseMs` and every minute from there. */
export function fixedProvider({ requests, tokens: mostTokens }: Quota, phaseMs: number): CountingProvider {
  const served = new Map<number, { readonly window: number; readonly tokens: number }>()
  let current = Number.NEGATIVE_INFINITY
  let usedRequests = 0
  let usedTokens = 0
  const windowOf = (atMs: number): number => Math.floor((atMs - phaseMs) / windowMs)
  return {
    arrive(id, atMs, tokens) {
      const window = windowOf(atMs)
      if (window !== current) {
        current = window
        usedRequests = 0
        usedTokens = 0
      }
      const retryAfter = Math.max(1, Math.ceil(((window + 1) * windowMs + phaseMs - atMs) / 1000))
      if (usedRequests >= requests) return retryAfter
      usedRequests += 1
      if (usedTokens + tokens > mostTokens) return retryAfter
      usedTokens += tokens
      served.set(id, { window, tokens })
      return 0
    },
    finish(id, atMs, tokens) {
      const arrival = served.get(id)
      served.delete(id)
      if (arrival !== undefined && arrival.window === windowOf(atMs)) usedTokens += tokens - arrival.tokens
    },
  }
}
