/** Time as this process lives through it: a busy machine that lets it wait for half a second has cost it no more than a moment. */

/** Counted in these. */
const tickMs = 10

/** The milliseconds that this process has lived through since some moment. */
export interface OwnTime extends Disposable {
  nowMs(): number
}

/**
 * Starts to count. A timer that is late fires once, however late it is, so that what the process did not see does not count. On an idle
 * machine it is the time of the clock.
 */
export function ownTime(): OwnTime {
  let ticks = 0
  const timer = setInterval(() => ticks++, tickMs)
  return { nowMs: () => ticks * tickMs, [Symbol.dispose]: () => clearInterval(timer) }
}
