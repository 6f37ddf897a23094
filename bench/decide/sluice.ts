/** Sluice as its users call it: the public limiter on the memory store, a fresh decision for every call. */
import { createLimiter, everyone, type Limit, memoryStore, type SyncLimiter, skip, tokenBucket } from '@sluice/core'
import type { Allowance, Make, Run } from './contenders.ts'

/** One limit by key. */
export const oneLimit: Make = (allowance) => run(allowance, [byKey(allowance)])

const groups = Array.from({ length: 16 }, (_, at) => `group ${at}`)

/** Three limits, decided as one: everybody, the group of the key, the key. The outer ones have room for all that the inner ones admit. */
export const threeLimits: Make = (allowance) => {
  const rule = tokenBucket({ capacity: allowance.capacity * allowance.keys, per: allowance.perMs })
  const all: Limit<string, 'sync'> = { name: 'all', by: everyone, rule }
  const group: Limit<string, 'sync'> = { name: 'group', by: (key) => groups[key.charCodeAt(key.length - 1) % 16]!, rule }
  return run(allowance, [all, group, byKey(allowance)])
}

/** One limit by key, and one that applies to no call, as a limit by user does for callers who have not signed in. */
export const skippedLimit: Make = (allowance) => {
  const user: Limit<string, 'sync'> = { name: 'user', by: () => skip, rule: tokenBucket({ capacity: 10, per: '1m' }) }
  return run(allowance, [byKey(allowance), user])
}

export function byKey({ capacity, perMs }: Allowance): Limit<string, 'sync'> {
  return { name: 'key', by: (key) => key, rule: tokenBucket({ capacity, per: perMs }) }
}

function run(allowance: Allowance, limits: readonly Limit<string, 'sync'>[]): Run {
  return consuming(limiterFor(allowance, limits))
}

/** A limiter with room for twice the keys. */
export function limiterFor({ keys }: Allowance, limits: readonly Limit<string, 'sync'>[]): SyncLimiter<string> {
  return createLimiter<string>({ limits, store: memoryStore({ maxBuckets: 2 * keys + 1000 }) })
}

/** Asks a limiter. */
export function consuming(limiter: SyncLimiter<string>): Run {
  return (keys, from, to) => {
    let admitted = 0
    for (let i = from; i < to; i++) if (limiter.consume(keys[i]!).allowed) admitted++
    return admitted
  }
}
