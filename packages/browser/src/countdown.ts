/** A state that counts down and ends by itself, and those who listen to it. */
import type { QuotaState } from './quota.ts'

export interface Countdown {
  /** The state of this moment. The same object says that nothing has changed. */
  now(): QuotaState
  /** Milliseconds until it ends. */
  leftMs(): number
  /** @param waitMs - until it ends and is `ok` @param isCounted - whether people see the seconds */
  become(next: QuotaState, waitMs?: number, isCounted?: boolean): void
  subscribe(listener: () => void): () => void
}

const never = Number.POSITIVE_INFINITY

/** By the monotonic clock, whatever the machine takes for the time. */
export function countdown(): Countdown {
  const listeners = new Set<() => void>()
  let state: QuotaState = { status: 'unknown' }
  let published = state
  let untilMs = never
  let isCounted = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWatching = false

  const leftMs = (): number => untilMs - performance.now()

  function now(): QuotaState {
    if (leftMs() <= 0) {
      untilMs = never
      state = { status: 'ok' }
    } else if (isCounted && untilMs < never) {
      const seconds = Math.ceil(leftMs() / 1000)
      if (seconds !== state.seconds) state = { ...state, seconds }
    }
    return state
  }

  function tick(): void {
    clearTimeout(timer)
    if (now() !== published) {
      published = state
      for (const listener of listeners) listener()
    }
    // At the next whole second. A timer cannot hold a wait of weeks.
    if (listeners.size > 0 && untilMs < never) timer = setTimeout(tick, leftMs() % 1000 || 1000)
  }

  return {
    now,
    leftMs,
    become(next, waitMs = never, counted = true) {
      untilMs = performance.now() + waitMs
      isCounted = counted
      state = next
      tick()
    },
    subscribe(listener) {
      listeners.add(listener)
      // Timers of a page in the background come late.
      if (!isWatching) globalThis.document?.addEventListener('visibilitychange', tick)
      isWatching = true
      tick()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) clearTimeout(timer)
      }
    },
  }
}
