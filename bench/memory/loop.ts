/** How long the event loop keeps others waiting. */
import { PerformanceObserver } from 'node:perf_hooks'

/** The worst of a while, in milliseconds. */
export interface Waits {
  /** From the end of one turn of the loop to the end of the next: what an event that came just then had to wait. */
  readonly worstMs: number
  /** The longest pause of the collector. */
  readonly worstGcMs: number
}

/** Does some work in every turn of the event loop until it says that there is no more. */
export async function watchLoop(work: () => boolean): Promise<Waits> {
  let worstGcMs = 0
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) worstGcMs = Math.max(worstGcMs, duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  let worstMs = 0
  let last = performance.now()
  while (work()) {
    await new Promise(setImmediate)
    const now = performance.now()
    worstMs = Math.max(worstMs, now - last)
    last = now
  }
  await new Promise(setImmediate)
  observer.disconnect()
  return { worstMs, worstGcMs }
}
