/** Waiting for a second to begin: the limits of the open platform refill then, all at once. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves a moment after the next second has begun. */
export function nextSecond(): Promise<void> {
  return sleep(1020 - (Date.now() % 1000))
}
