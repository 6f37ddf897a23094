/**
 * When a connection is dialled: at once, and after attempts that failed at growing and random intervals. The timer never keeps the process
 * alive.
 */

import { halfDrawn } from '@sluice/core/internal'

/** The attempts to connect of one client. */
export interface Dialling {
  /** Makes an attempt, unless one is being made, has led to a connection, or has its turn later. */
  dial(): void
  /** Whether a connection is wanted: not while it rests, and never after its end. */
  isWanted(): boolean
  /** Whether the first attempt has neither succeeded nor failed yet. */
  isFirstAttempt(): boolean
  /** The attempt has led to a connection that works. */
  succeeded(): void
  /** The attempt has failed, or the connection is lost. The next attempt has its turn. */
  ended(): void
  /** No attempt is made until the next `dial`. */
  rest(): void
  /** No attempt is made any more. */
  end(): void
}

/** Milliseconds between attempts to connect: at first, and at most. */
export const firstRetryMs = 50
const longestRetryMs = 1000

/**
 * @param attempt - makes one attempt
 * @param mayRedial - whether a lost connection is dialled again by itself, and not only by the next call
 */
export function dialling(attempt: () => void, mayRedial: () => boolean): Dialling {
  let state: 'active' | 'resting' | 'ended' = 'active'
  // Whether an attempt is made, or has led to a connection.
  let isOpen = false
  let isFirst = true
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let nextMs = 0

  function attemptNow(): void {
    timer = undefined
    isOpen = true
    attempt()
  }

  function dial(): void {
    if (state === 'ended') return
    state = 'active'
    if (timer !== undefined || isOpen) return
    const waitMs = nextMs - performance.now()
    if (waitMs <= 0) attemptNow()
    else timer = setTimeout(attemptNow, waitMs).unref()
  }

  function stop(next: 'resting' | 'ended'): void {
    if (state !== 'ended') state = next
    clearTimeout(timer)
    timer = undefined
  }

  return {
    dial,
    isWanted: () => state === 'active',
    isFirstAttempt: () => isFirst,
    succeeded() {
      attempts = 0
      isFirst = false
    },
    ended() {
      if (!isOpen) return
      isOpen = false
      isFirst = false
      attempts = state === 'active' ? attempts + 1 : 0
      nextMs = attempts === 0 ? 0 : performance.now() + halfDrawn(Math.min(firstRetryMs * 2 ** (attempts - 1), longestRetryMs))
      if (state === 'active' && mayRedial()) dial()
    },
    rest: () => stop('resting'),
    end: () => stop('ended'),
  }
}
