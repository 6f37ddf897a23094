/** Waiting until a connection can take commands, no longer than the caller waits: what waits here has not been sent. */
import { reasonOf } from '@sluice/core/internal'
import type { OwnClient } from './own-client.ts'

/** Waiting for a connection. */
export interface Readiness {
  /** @param deadlineMs - by `performance.now()` */
  until(deadlineMs: number): Promise<void>
}

/** The readiness of a connection, which is dialled when a call waits for it. */
export function readinessOf(own: OwnClient): Readiness {
  const waiting = new Set<() => void>()

  own.onReady(() => {
    for (const go of waiting) go()
    waiting.clear()
  })

  return {
    until(deadlineMs) {
      own.dial()
      return new Promise((resolve, reject) => {
        const go = (): void => {
          clearTimeout(timer)
          resolve()
        }
        const giveUp = (): void => {
          waiting.delete(go)
          reject(new NotConnected(own))
        }
        const timer = setTimeout(giveUp, Math.max(0, deadlineMs - performance.now()))
        // Whoever waits for the call has a timer of its own that keeps the process alive.
        timer.unref()
        waiting.add(go)
      })
    },
  }
}

/** What waited here in vain was never sent. The message is the reason why there is no connection. */
export class NotConnected extends Error {
  /** @param cause - if more is known than why the store is not connected */
  constructor(own: OwnClient, cause?: unknown) {
    const reason = own.failure() ?? cause
    super(reason === undefined ? own.progress() : reasonOf(reason), { cause: reason })
  }
}
