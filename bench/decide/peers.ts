/** The memory stores of the peers, called as their own middleware calls them. */
import { createRequire } from 'node:module'
import { MemoryStore as ExpressStore, type Options } from 'express-rate-limit'
import { MemoryStore as HonoStore } from 'hono-rate-limiter'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Make } from './contenders.ts'

const require = createRequire(import.meta.url)

/** A promise and a record for each decision; a refusal is a rejection. */
export const flexible: Make = ({ capacity, perMs }) => {
  const limiter = new RateLimiterMemory({ points: capacity, duration: perMs / 1000 })
  return async (keys, from, to) => {
    let admitted = 0
    for (let i = from; i < to; i++) {
      try {
        await limiter.consume(keys[i]!)
        admitted++
      } catch {}
    }
    return admitted
  }
}

/** A promise for each decision. */
export const express: Make = ({ capacity, perMs }) => {
  const store = new ExpressStore()
  store.init({ windowMs: perMs } as Options)
  return async (keys, from, to) => {
    let admitted = 0
    for (let i = from; i < to; i++) if ((await store.increment(keys[i]!)).totalHits <= capacity) admitted++
    return admitted
  }
}

/** Hands out its live record, so that nothing is allocated; what it says changes with the next request. */
export const hono: Make = ({ capacity, perMs }) => {
  const store = new HonoStore()
  store.init({ windowMs: perMs } as never)
  return (keys, from, to) => {
    let admitted = 0
    for (let i = from; i < to; i++) if (store.increment(keys[i]!).totalHits <= capacity) admitted++
    return admitted
  }
}

interface FastifyStore {
  incr(key: string, answer: (error: null, live: { current: number }) => void, timeWindow: number, max: number): void
}

/** Hands out its live record too. Its cache is made large enough for every key: by default it forgets all but 5000. */
export const fastify: Make = ({ capacity, perMs, keys }) => {
  const Store = require('@fastify/rate-limit/store/LocalStore.js') as new (
    continueExceeding: boolean,
    backoff: boolean,
    cache: number,
  ) => FastifyStore
  const store = new Store(false, false, keys + 1)
  let admitted = 0
  const answer = (_error: null, live: { current: number }): void => {
    if (live.current <= capacity) admitted++
  }
  return (keys, from, to) => {
    admitted = 0
    for (let i = from; i < to; i++) store.incr(keys[i]!, answer, perMs, capacity)
    return admitted
  }
}
