/**
 * A call that waits for its permit: until it comes, the time is over, or the caller gives up.
 *
 * It is one object, which is the entry of the queue and the alarm of its deadline. With 100,000 calls in the queue, the bytes of each
 * decide what the next one costs (`bench egress`).
 */
import type { Micros, Signal } from '@sluice/core'
import type { Alarm, Alarms } from '../alarm.ts'
import type { WaitingCall } from '../queue/waiting-call.ts'
import type { Permit } from './permit.ts'
import type { Pump } from './pump.ts'

/** What all pending calls of a provider share. */
export interface PendingCallHost {
  readonly pump: Pump
  readonly alarms: Alarms
  permitOf(call: PendingCall, at: Micros, lagMs: number): Permit
  /** The refusal of a call whose time is over. */
  lateRefusal(call: PendingCall): Error
}

/** What is known of a call when it arrives. */
export interface Arrival extends Pick<WaitingCall, 'lane' | 'caller' | 'costs' | 'share'> {
  /** Whether the call is tried again, and goes to the head of its lane. */
  readonly again: boolean
  readonly bornMs: number
  readonly mostMs: number
  readonly signal: Signal | undefined
}

export class PendingCall implements WaitingCall, Alarm {
  readonly lane: number
  readonly caller: string | undefined
  readonly costs: readonly number[]
  readonly share: number
  readonly order: number
  readonly since: Micros
  readonly bornMs: number
  readonly atMs: number
  readonly waits = true
  readonly mostMs: number
  rank: number
  state: WaitingCall['state'] = 'waiting'
  done = true
  private over = false
  private readonly host: PendingCallHost
  private readonly resolve: (permit: Permit) => void
  private readonly reject: (error: unknown) => void
  /** Stops listening to the signal of the caller. */
  private unlisten: (() => void) | undefined

  /** @param order - number of the call in its process */
  constructor(host: PendingCallHost, arrival: Arrival, order: number, resolve: (permit: Permit) => void, reject: (error: unknown) => void) {
    this.lane = arrival.lane
    this.caller = arrival.caller
    this.costs = arrival.costs
    this.share = arrival.share
    this.order = order
    this.bornMs = arrival.bornMs
    this.mostMs = arrival.mostMs
    this.rank = arrival.again ? 0 : 1
    this.since = host.pump.nowUs()
    this.atMs = arrival.bornMs + arrival.mostMs
    this.host = host
    this.resolve = resolve
    this.reject = reject
    if (arrival.signal !== undefined) this.listen(arrival.signal)
    host.pump.add(this)
    if (!this.over) host.alarms.set(this)
  }

  grant(at: Micros, lagMs: number): void {
    const { host, over } = this
    if (over) {
      host.pump.end({ at, back: this.costs })
      return
    }
    this.end()
    this.resolve(host.permitOf(this, at, lagMs))
  }

  refuse(error: unknown): void {
    if (this.over) return
    this.end()
    // While a booking is moved the call is not in the queue, and is given back when it is granted.
    if (this.state !== 'gone') this.host.pump.remove(this)
    this.reject(error)
  }

  ring(): void {
    this.refuse(this.host.lateRefusal(this))
  }

  private listen(signal: Signal): void {
    const abort = (): void => this.refuse(signal.reason)
    signal.addEventListener('abort', abort)
    this.unlisten = () => signal.removeEventListener('abort', abort)
  }

  private end(): void {
    this.over = true
    this.host.alarms.cancel(this)
    this.unlisten?.()
  }
}
