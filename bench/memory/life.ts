/** One life of a store of a million keys, in a process of its own: they come, they stay, they expire at once. Prints what it has seen. */
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { makeKey, seeded } from '../decide/keys.ts'
import { watchLoop } from './loop.ts'

/** What a store of a million keys costs. */
export interface Life {
  /** Of heap and buffers, beyond the key's own string. */
  readonly bytesAKey: number
  /** The longest that anybody had to wait for the event loop, and the longest pause of the collector in that time. */
  readonly fillMs: number
  readonly fillGcMs: number
  readonly expiringMs: number
  readonly expiringGcMs: number
  /** Of heap and buffers, a key, once all have expired. */
  readonly bytesLeft: number
  /** The longest that anybody had to wait for an event loop with no store in it: what the machine itself does. */
  readonly idleMs: number
}

const count = 1_000_000
/** New keys in one turn of the event loop: as many requests as a busy server answers in one. */
const perTurn = 50
/** Milliseconds in which everything must have expired. */
const patienceMs = 6000
/** Milliseconds between a forced collection and what is watched next. */
const calmMs = 500
/** Milliseconds in which an event loop without a store is watched: about as long as a million keys take to come. */
const idleForMs = 4000

async function live(): Promise<Life> {
  await warmUp()
  const idleUntil = performance.now() + idleForMs
  const idle = await watchLoop(() => performance.now() < idleUntil)
  const ownBytes = bytesOfAKey()
  let aheadMs = 0
  const clock = { nowMs: () => performance.timeOrigin + performance.now() + aheadMs }
  const rule = tokenBucket({ capacity: 10, per: '1h' })
  const limiter = createLimiter<string>({
    store: memoryStore({ maxBuckets: 2 * count, clock }),
    limits: [{ name: 'key', by: (key) => key, rule }],
  })
  const before = bytesUsed()
  await calmDown()

  // Each key is made when its request comes, and only the store keeps it.
  const random = seeded(count)
  const first = makeKey(0, random)
  limiter.consume(first)
  let next = 1
  const fill = await watchLoop(() => {
    for (let i = 0; i < perTurn && next < count; i++) limiter.consume(makeKey(next++, random))
    return next < count
  })
  const full = bytesUsed()
  await calmDown()

  aheadMs = 2 * 3_600_000
  const until = performance.now() + patienceMs
  const expiring = await watchLoop(() => performance.now() < until)
  const after = bytesUsed()
  if (limiter.consume(first).limits[0]!.remaining !== 9) throw new Error('Somebody has not expired')

  return {
    bytesAKey: (full - before) / count - ownBytes,
    fillMs: fill.worstMs,
    fillGcMs: fill.worstGcMs,
    expiringMs: expiring.worstMs,
    expiringGcMs: expiring.worstGcMs,
    bytesLeft: Math.max(0, after - before) / count,
    idleMs: idle.worstMs,
  }
}

/** Compiles the code of another store, which does not count. */
async function warmUp(): Promise<void> {
  const limiter = createLimiter<string>({ limits: [{ name: 'warm', by: (key) => key, rule: tokenBucket({ capacity: 10, per: '1h' }) }] })
  const random = seeded(1)
  let next = 0
  await watchLoop(() => {
    for (let i = 0; i < perTurn; i++) limiter.consume(makeKey(next++, random))
    return next < 100_000
  })
  await limiter.close()
}

/** What a key costs by itself: the bytes of its string. */
function bytesOfAKey(): number {
  const held = new Array<string>(100_000).fill('')
  const random = seeded(2)
  const before = bytesUsed()
  for (let at = 0; at < held.length; at++) held[at] = makeKey(at, random)
  return (bytesUsed() - before) / held.length
}

/** Full collections that only this program asks for go on for a while after they have answered. */
async function calmDown(): Promise<void> {
  const until = performance.now() + calmMs
  await watchLoop(() => performance.now() < until)
}

function bytesUsed(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

console.log(JSON.stringify(await live()))
