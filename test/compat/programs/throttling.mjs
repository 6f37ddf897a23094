/** Ten of fifteen calls pass a bucket of ten. Knows no runtime, so that it runs on all of them. */
import { createLimiter, everyone, tokenBucket } from '@sluice/core'

// Made while the module loads, as applications do it; Workers allow no timer and have no clock then.
const limiter = createLimiter({ limits: [{ name: 'all', by: everyone, rule: tokenBucket({ capacity: 10, per: '1h' }) }] })

export function throttle() {
  const decisions = Array.from({ length: 15 }, () => limiter.consume())

  const remaining = decisions.slice(0, 10).map((decision) => decision.limits[0].remaining)
  if (remaining.join() !== '9,8,7,6,5,4,3,2,1,0') throw new Error(`a full bucket of ten counted down ${remaining.join()}`)

  const outcomes = decisions.slice(10).map((decision) => decision.outcome)
  if (outcomes.some((outcome) => outcome !== 'limited')) throw new Error(`an empty bucket answered ${outcomes.join()}`)

  // Ten an hour is one in six minutes, of which next to nothing has passed.
  const { retryAfterMs } = decisions[14]
  if (!(retryAfterMs > 350_000 && retryAfterMs <= 360_000)) throw new Error(`the wait is ${retryAfterMs} ms`)

  console.log('10 allowed, 5 limited')
}
