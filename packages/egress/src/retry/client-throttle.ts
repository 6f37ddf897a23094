/** Throttling by the client when a provider fails (not when it says 429): calls are dropped here in proportion to their failures. */
import type { Clock } from '@sluice/core'

export interface ClientThrottle {
  /** Draws whether a call is sent. One that is not counts as a request. @param random - from 0 to 1 */
  admits(random: number): boolean
  /** A call was sent, and the provider has taken it, or failed. A call that never reached the provider says nothing of it. */
  answered(taken: boolean): void
}

/** Time that is looked back on, and its parts. */
const partMs = 10_000
const parts = 12
/** A provider that takes half of the calls is not throttled yet. */
const multiple = 2

/** Fewer calls than this say nothing of a provider. */
const fewest = 20

/** Requests minus twice the accepted ones, over the requests: "Handling Overload" in the SRE book. */
export function clientThrottle(clock: Clock): ClientThrottle {
  const requests = new Array<number>(parts).fill(0)
  const accepts = new Array<number>(parts).fill(0)
  let part = Math.floor(clock.nowMs() / partMs)

  function turn(): number {
    const now = Math.floor(clock.nowMs() / partMs)
    for (; part < now && now - part <= parts; part++) {
      requests[(part + 1) % parts] = 0
      accepts[(part + 1) % parts] = 0
    }
    if (part < now) {
      requests.fill(0)
      accepts.fill(0)
      part = now
    }
    return part % parts
  }

  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)
  return {
    admits(random) {
      const at = turn()
      const requested = sum(requests)
      const dropped = requested < fewest ? 0 : Math.max(0, (requested - multiple * sum(accepts)) / (requested + 1))
      if (random >= dropped) return true
      requests[at]! += 1
      return false
    },
    answered(taken) {
      const at = turn()
      requests[at]! += 1
      if (taken) accepts[at]! += 1
    },
  }
}
