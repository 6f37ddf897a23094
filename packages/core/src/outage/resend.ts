/**
 * Sending again what a store has not confirmed: settlements and renewals. Both name their hold, so that the second arrival of either
 * changes nothing. Nothing that charges is ever sent again.
 */
import type { Clock } from '../clock.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import type { Hold } from '../store.ts'

/** What is to reach a store: the units used of a hold, or `null` to prolong its leases. */
export type Unconfirmed = readonly number[] | null

/** What waits to be sent again. */
export interface Resend {
  /** Adds a settlement or a renewal. A hold has one at a time, and a settlement replaces a renewal. */
  add(hold: Hold, unconfirmed: Unconfirmed): void
  /** One that was added is not needed any more. */
  drop(hold: Hold, unconfirmed: Unconfirmed): void
  /** A call is about to go to the store: what waits goes before it, one first, and more as soon as that is confirmed. */
  beforeCall(): void
  /** Gives up what waits. */
  close(): void
}

/** What a queue of this kind is made with. */
export interface ResendOptions {
  readonly clock: Clock
  /** Sends it once. @returns whether the store has confirmed it; never throws or rejects */
  send(hold: Hold, unconfirmed: Unconfirmed): MaybePromise<boolean>
  /** Gets how many settlements were given up. */
  lost(settlements: number): void
}

/** For how long a settlement is sent again: as long as a store keeps a hold by default. */
const longestMs = 600_000
/** How many wait at most; the oldest gives way. */
const mostWaiting = 10_000
/** How many are sent at once at most. Each round that is confirmed doubles the next. */
const mostAtOnce = 64
/** Milliseconds between attempts while no call comes that they could go before. */
const betweenMs = 100

interface Host {
  setTimeout(run: () => void, ms: number): { unref?(): void }
  clearTimeout(timer: unknown): void
}
const host = globalThis as unknown as Host

export function resend({ clock, send, lost }: ResendOptions): Resend {
  const waiting = waitingList(clock, lost)
  let isSending = false
  let timer: unknown

  /** Sends one. What was added for its hold in the meantime stays. */
  function sendOne(one: Waiting): MaybePromise<boolean> {
    const settleWith = (isConfirmed: boolean): boolean => {
      if (isConfirmed) waiting.remove(one)
      return isConfirmed
    }
    const sent = send(one.hold, one.unconfirmed)
    return isPromise(sent) ? sent.then(settleWith) : settleWith(sent)
  }

  async function sendAll(): Promise<void> {
    isSending = true
    for (let atOnce = 1; ; atOnce = Math.min(2 * atOnce, mostAtOnce)) {
      const round = waiting.first(atOnce)
      if (round.length === 0) break
      const confirmed = await Promise.all(round.map(async (one) => sendOne(one)))
      if (!confirmed.every(Boolean)) break
    }
    isSending = false
    if (waiting.size() > 0) later()
  }

  function later(): void {
    if (timer !== undefined) return
    const started = host.setTimeout(() => {
      timer = undefined
      beforeCall()
    }, betweenMs)
    started.unref?.()
    timer = started
  }

  function beforeCall(): void {
    if (waiting.size() > 0 && !isSending) void sendAll()
  }

  return {
    add(hold, unconfirmed) {
      if (waiting.add(hold, unconfirmed)) later()
    },
    drop: waiting.drop,
    beforeCall,
    close() {
      host.clearTimeout(timer)
      timer = undefined
      waiting.giveUp()
    },
  }
}

interface Waiting {
  readonly hold: Hold
  readonly unconfirmed: Unconfirmed
  readonly untilMs: number
}

interface WaitingList {
  size(): number
  /** @returns whether it waits now */
  add(hold: Hold, unconfirmed: Unconfirmed): boolean
  drop(hold: Hold, unconfirmed: Unconfirmed): void
  /** Removes it, unless something else was added for its hold. */
  remove(one: Waiting): void
  /** The oldest ones that are still to be sent. */
  first(most: number): Waiting[]
  giveUp(): void
}

/** What waits, the oldest first. Of what is given up, settlements are reported as lost. */
function waitingList(clock: Clock, lost: (settlements: number) => void): WaitingList {
  const waiting = new Map<Hold, Waiting>()

  function reportLost(givenUp: readonly Waiting[]): void {
    const settlements = givenUp.filter(({ unconfirmed }) => unconfirmed !== null).length
    if (settlements > 0) lost(settlements)
  }

  return {
    size: () => waiting.size,
    add(hold, unconfirmed) {
      if (unconfirmed === null && waiting.has(hold)) return false
      waiting.delete(hold)
      waiting.set(hold, { hold, unconfirmed, untilMs: clock.nowMs() + longestMs })
      if (waiting.size > mostWaiting) {
        const oldest = waiting.values().next().value!
        waiting.delete(oldest.hold)
        reportLost([oldest])
      }
      return true
    },
    drop(hold, unconfirmed) {
      if (waiting.get(hold)?.unconfirmed === unconfirmed) waiting.delete(hold)
    },
    remove(one) {
      if (waiting.get(one.hold) === one) waiting.delete(one.hold)
    },
    first(most) {
      const nowMs = clock.nowMs()
      const taken: Waiting[] = []
      const tooOld: Waiting[] = []
      for (const one of waiting.values()) {
        if (taken.length === most) break
        if (one.untilMs > nowMs) taken.push(one)
        else tooOld.push(one)
      }
      for (const { hold } of tooOld) waiting.delete(hold)
      reportLost(tooOld)
      return taken
    },
    giveUp() {
      const all = [...waiting.values()]
      waiting.clear()
      reportLost(all)
    },
  }
}
