/** Group commit: while a request is under way calls wait, and then go together in the next one, in the order in which they came. */
import { SluiceError } from '@sluice/core'

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
  /** Sends at once whoever waits: what is sent after that comes after them. */
  flush(): void
}

/** So many that wait go in a second request while the first is under way: client and server then work at the same time. */
const manyWaiting = 8

/**
 * @param countTogether - how many of those who wait go in the next group, from the first on: at least one
 * @param send - sends a group, before it returns where it can, and settles each of its members; never rejects
 * @param mayOverlap - whether of two requests that are under way the first is sure to be decided first
 * @param onIdle - called when nobody waits any more
 */
export function groupCommit<Question, Answer>(
  countTogether: (waiting: readonly Waiting<Question, Answer>[]) => number,
  send: (group: readonly Waiting<Question, Answer>[]) => Promise<void>,
  mayOverlap: () => boolean,
  onIdle: () => void,
): GroupCommit<Question, Answer> {
  const waiting: Waiting<Question, Answer>[] = []
  let underWay = 0

  /** Who came too late to be sent is told so; the others may go. */
  function inTime(group: readonly Waiting<Question, Answer>[]): Waiting<Question, Answer>[] {
    const nowMs = performance.now()
    return group.filter(({ deadlineMs, reject }) => {
      if (deadlineMs > nowMs) return true
      reject(new SluiceError('SLUICE_STORE_UNSENT'))
      return false
    })
  }

  const hasRoom = (): boolean => underWay === 0 || (underWay === 1 && waiting.length >= manyWaiting && mayOverlap())

  async function sendWaiting(): Promise<void> {
    underWay += 1
    do {
      const group = inTime(waiting.splice(0, countTogether(waiting)))
      if (group.length > 0) await send(group)
    } while (waiting.length > 0 && (underWay === 1 || (underWay === 2 && mayOverlap())))
    underWay -= 1
    if (underWay === 0) onIdle()
  }

  return {
    ask(question, deadlineMs) {
      return new Promise((resolve, reject) => {
        waiting.push({ question, deadlineMs, resolve, reject })
        if (hasRoom()) void sendWaiting()
      })
    },
    flush() {
      while (waiting.length > 0) void sendWaiting()
    },
  }
}
