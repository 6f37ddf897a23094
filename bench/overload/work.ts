/** Work as applications have it: some computing, and some waiting for a pool of workers. */

/** Keeps the event loop busy. */
export function busyFor(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** A pool of workers that take calls in order of arrival, as connections to a database do. */
export function workers(count: number, serviceMs: number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let idle = count
  const free = (): void => {
    const next = waiting.shift()
    if (next === undefined) idle++
    else next()
  }
  return () =>
    new Promise((resolve) => {
      const begin = (): void => {
        setTimeout(() => {
          resolve()
          free()
        }, serviceMs)
      }
      if (idle === 0) {
        waiting.push(begin)
        return
      }
      idle--
      begin()
    })
}
