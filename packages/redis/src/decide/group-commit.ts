/** Group commit: while a request is in flight calls wait, and then go together in the next one, in the order in which they came. */

import { SluiceError } from '@sluice/core'
import { SLUICE_STORE_UNSENT } from '@sluice/core/internal'

/** Something that is sent together with others of its kind. */
export interface Waiting<Question, Answer> {
  readonly question: Question
  /** Until when the caller waits, by `performance.now()`. */
  readonly deadlineMs: number
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** Calls that can go together. */
export interface GroupCommit<Question, Answer> {
  /** What could not be sent in time is not sent, and rejected. */
  ask(question: Question, deadlineMs: number): Promise<Answer>
  /** Sends the waiting calls at once. What is sent afterwards runs after them. */
  flush(): void
}

/** So many that wait go in a second request while the first is in flight: client and server then work at the same time. */
const manyWaiting = 8

/** How groups are made and sent. */
export interface GroupCommitOptions<Question, Answer> {
  /** How many of those who wait go in the next group, from the first on: at least one. */
  countInOneGroup(waiting: readonly Waiting<Question, Answer>[]): number
  /** Waits for a connection until a deadline; `undefined` where it is there. The calls that come meanwhile go together. */
  connected(deadlineMs: number): Promise<void> | undefined
  /** Sends a group, before it returns where it can, and settles each of its members; never rejects. */
  send(group: readonly Waiting<Question, Answer>[]): Promise<void>
  /** Whether of two requests that are in flight the first is sure to be decided first. */
  mayOverlap(): boolean
  /** Called when no call waits any more. */
  onIdle(): void
}

export function groupCommit<Question, Answer>(options: GroupCommitOptions<Question, Answer>): GroupCommit<Question, Answer> {
  const { countInOneGroup, connected, send, mayOverlap, onIdle } = options
  const waiting: Waiting<Question, Answer>[] = []
  let inFlight = 0

  /** Who came too late to be sent is told so; the others may go. */
  function inTime(group: readonly Waiting<Question, Answer>[]): Waiting<Question, Answer>[] {
    const nowMs = performance.now()
    return group.filter(({ deadlineMs, reject }) => {
      if (deadlineMs > nowMs) return true
      reject(new SluiceError(SLUICE_STORE_UNSENT))
      return false
    })
  }

  /** Rejects those who have waited for the connection in vain. */
  function rejectPassed(error: unknown): void {
    // A timer may be a millisecond early.
    const nowMs = performance.now() + 1
    const passed = waiting.findIndex(({ deadlineMs }) => deadlineMs > nowMs)
    for (const { reject } of waiting.splice(0, passed < 0 ? waiting.length : passed)) reject(error)
  }

  const hasRoom = (): boolean => inFlight === 0 || (inFlight === 1 && waiting.length >= manyWaiting && mayOverlap())

  async function sendWaiting(now: boolean): Promise<void> {
    inFlight += 1
    do {
      const connecting = now ? undefined : connected(waiting[0]!.deadlineMs)
      if (connecting !== undefined) {
        await connecting.catch(rejectPassed)
        continue
      }
      const group = inTime(waiting.splice(0, countInOneGroup(waiting)))
      if (group.length > 0) await send(group)
    } while (waiting.length > 0 && (inFlight === 1 || (inFlight === 2 && mayOverlap())))
    inFlight -= 1
    if (inFlight === 0) onIdle()
  }

  return {
    ask(question, deadlineMs) {
      return new Promise((resolve, reject) => {
        waiting.push({ question, deadlineMs, resolve, reject })
        if (hasRoom()) void sendWaiting(false)
      })
    },
    flush() {
      while (waiting.length > 0) void sendWaiting(true)
    },
  }
}
