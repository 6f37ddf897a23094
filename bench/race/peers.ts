/** What others offer to pace calls, each set up as its users would for requests and tokens a minute, in the way in which fewer calls fail. */
import Bottleneck from 'bottleneck'
import { Effect, Layer } from 'effect'
import { RateLimiter as EffectLimiter } from 'effect/persistence'
import { RateLimiter } from 'limiter'
import PQueue from 'p-queue'
import pThrottle from 'p-throttle'
import { type Quota, windowMs } from './provider.ts'
import type { Contender } from './race.ts'
import { callLikeSdks } from './sdk.ts'

/** Runs something when its tokens may be used. */
type Gate = <T>(tokens: number, run: () => Promise<T>) => Promise<T>

const open: Gate = (_tokens, run) => run()

/** It counts requests only. `strict` counts a sliding window. Its version 10 needs Node 22. */
function queued({ requests }: Quota): Gate {
  const queue = new PQueue({ interval: windowMs, intervalCap: requests, strict: true })
  return (_tokens, run) => queue.add(run)
}

/** Two throttles, the tokens inside: the other way round more calls fail. `strict` counts a sliding window, and `weight` the tokens. */
function throttled({ requests, tokens }: Quota): Gate {
  const strict = { interval: windowMs, strict: true }
  const weight = (_run: unknown, cost: number): number => cost
  const byTokens = pThrottle({ ...strict, limit: tokens, weight })(<T>(run: () => Promise<T>, _cost: number) => run())
  const byRequests = pThrottle({ ...strict, limit: requests })(<T>(run: () => Promise<T>, cost: number) => byTokens(run, cost))
  return <T>(cost: number, run: () => Promise<T>) => byRequests(run, cost) as Promise<T>
}

/** Two reservoirs, the tokens inside, each filled anew every minute. */
function reserved({ requests, tokens }: Quota): Gate {
  const reservoir = (amount: number): Bottleneck =>
    new Bottleneck({ reservoir: amount, reservoirRefreshAmount: amount, reservoirRefreshInterval: windowMs })
  const byRequests = reservoir(requests)
  const byTokens = reservoir(tokens)
  return (weight, run) => byRequests.schedule(() => byTokens.schedule({ weight }, run))
}

/** Two limiters, one after the other. */
function limited({ requests, tokens }: Quota): Gate {
  const byRequests = new RateLimiter({ tokensPerInterval: requests, interval: windowMs })
  const byTokens = new RateLimiter({ tokensPerInterval: tokens, interval: windowMs })
  return async (cost, run) => {
    await byTokens.removeTokens(cost)
    await byRequests.removeTokens(1)
    return run()
  }
}

/** Two keys of its rate limiter, which delays what exceeds them. With `'token-bucket'` more calls fail. */
function effectful({ requests, tokens }: Quota): Gate {
  const layer = EffectLimiter.layer.pipe(Layer.provide(EffectLimiter.layerStoreMemory))
  const made = Effect.runPromise(Effect.provide(EffectLimiter.makeWithRateLimiter, layer))
  const shared = { algorithm: 'fixed-window', onExceeded: 'delay', window: windowMs } as const
  return async (cost, run) => {
    const withLimiter = await made
    const byRequests = withLimiter({ ...shared, key: 'requests', limit: requests })(Effect.promise(run))
    return Effect.runPromise(withLimiter({ ...shared, key: 'tokens', limit: tokens, tokens: cost })(byRequests))
  }
}

const gates: Readonly<Record<string, (quota: Quota) => Gate>> = {
  'p-queue': queued,
  'p-throttle': throttled,
  bottleneck: reserved,
  limiter: limited,
  effect: effectful,
}

/** Added to the name of a peer whose gate is around each attempt, and not around the call with its retries. */
export const eachAttempt = ', each attempt'

/** Added to the name of a peer that runs in three processes, each of which has a third of the quota. */
export const inThree = ', a third in each of 3 processes'

/** The retries of an SDK without anything else. */
export const retriesAlone = 'retries alone'

export const peerNames: readonly string[] = Object.keys(gates)

/**
 * A peer by its name. Users put their limiter around a call of the SDK, which tries again inside. Around each attempt, as the `fetch` of the
 * SDK, fewer calls fail, and all wait longer.
 */
export function peer(name: string, quota: Quota): Contender {
  if (name.endsWith(eachAttempt)) {
    const gate = gates[name.slice(0, -eachAttempt.length)]!(quota)
    return { run: ({ estimate }, send) => callLikeSdks(() => gate(estimate, send)) }
  }
  if (name.endsWith(inThree)) {
    const { requests, tokens } = quota
    const third = { requests: Math.floor(requests / 3), tokens: Math.floor(tokens / 3) }
    const processes = [0, 1, 2].map(() => peer(name.slice(0, -inThree.length), third))
    return { run: (call, send) => processes[Math.floor(Math.random() * 3)]!.run(call, send) }
  }
  const gate = gates[name]?.(quota) ?? open
  return { run: ({ estimate }, send) => gate(estimate, () => callLikeSdks(send)) }
}
