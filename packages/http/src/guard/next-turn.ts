/** The next turn of the event loop, where the runtime has turns that can be waited for. */
import type { MaybePromise } from '@sluice/core'

interface Host {
  readonly setImmediate?: (run: () => void) => unknown
}

/** Answers when what the event loop has in hand now is done; at once on runtimes that cannot say when. */
export function nextTurn(): MaybePromise<void> {
  const { setImmediate } = globalThis as Host
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve))
}
