/** The next turn of the event loop, where the runtime has turns that can be waited for. */

interface Host {
  readonly setImmediate?: (run: () => void) => unknown
}

/** Calls back when what the event loop has in hand now is done; at once on runtimes that cannot say when. */
export function nextTurn(run: () => void): void {
  const { setImmediate } = globalThis as Host
  if (setImmediate === undefined) run()
  else setImmediate(run)
}
