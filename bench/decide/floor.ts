/** The floor: the least that a synchronous token bucket by key can be, as one would write it by hand. */
import type { Make } from './contenders.ts'

interface Bucket {
  tokens: number
  last: number
}

/** A Map, two numbers a key, one reading of the clock, and a boolean for an answer. */
export const floor: Make = ({ capacity, perMs }) => {
  const buckets = new Map<string, Bucket>()
  const rate = capacity / perMs

  function consume(key: string): boolean {
    const now = performance.now()
    let bucket = buckets.get(key)
    if (bucket === undefined) {
      bucket = { tokens: capacity, last: now }
      buckets.set(key, bucket)
    }
    bucket.tokens = Math.min(capacity, bucket.tokens + (now - bucket.last) * rate)
    bucket.last = now
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  return (keys, from, to) => {
    let admitted = 0
    for (let i = from; i < to; i++) if (consume(keys[i]!)) admitted++
    return admitted
  }
}
