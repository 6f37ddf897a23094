/** Waiting for a permit: until it comes, the time is over, or the caller gives up. */
import type { Clock, Micros, Signal } from '@sluice/core'
import { type Alarm, alarmsOf } from '../alarm.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import type { Pump } from './pump.ts'

export interface Wait extends Pick<WaitingCall, 'lane' | 'caller' | 'costs' | 'share' | 'order'> {
  /** The call is tried again, and goes to the head of its lane. */
  readonly again: boolean
  readonly mostMs: number
  readonly signal: Signal | undefined
}

/** When a call was booked, and how long ago its process asked for it. */
export interface Booked {
  readonly at: Micros
  readonly lagMs: number
}

/**
 * The booking of a call.
 * @param late - makes the refusal of a call whose time is over
 */
export function wait(pump: Pump, clock: Clock, { again, mostMs, signal, ...rest }: Wait, late: () => Error): Promise<Booked> {
  return new Promise((resolve, reject) => {
    let over = false
    let expiry: Alarm | undefined
    const end = (): void => {
      over = true
      expiry?.cancel()
      signal?.removeEventListener('abort', abort)
    }
    const call: WaitingCall = {
      ...rest,
      rank: again ? 0 : 1,
      since: pump.nowUs(),
      state: 'waiting',
      grant(at, lagMs) {
        if (over) {
          pump.end({ at, back: rest.costs })
          return
        }
        end()
        resolve({ at, lagMs })
      },
      refuse(error) {
        if (over) return
        end()
        // While a booking is moved the call is not in the queue, and is given back when it is granted.
        if (call.state !== 'gone') pump.remove(call)
        reject(error as Error)
      },
    }
    const abort = (): void => call.refuse(signal!.reason)
    signal?.addEventListener('abort', abort)
    pump.add(call)
    if (!over) expiry = alarmsOf(clock).at(clock.nowMs() + mostMs, () => call.refuse(late()), true)
  })
}
