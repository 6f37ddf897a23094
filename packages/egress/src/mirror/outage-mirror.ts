/** A shared mirror that can be away: nothing that it was told is lost, and meanwhile calls wait, or are sent without it. */
import type { Clock, SluiceError } from '@sluice/core'
import { inTime, isPromise, storeError } from '@sluice/core/internal'
import { type Alarm, alarmsOf } from '../alarm.ts'
import { emptyAsk } from './local-mirror.ts'
import type { Ask, Mirror, Settlement, Taken } from './mirror.ts'
import { type SentAlone, sentAlone } from './sent-alone.ts'
import { type SharedClock, sharedClock } from './shared-clock.ts'
import type { MirrorRules } from './state.ts'
import { type Unconfirmed, unconfirmed } from './unconfirmed.ts'

/** What happens to calls while the store of the mirror does not answer. */
export type EgressOutage = 'deny' | 'local' | 'allow'

export interface OutageMirrorOptions {
  readonly mirror: Mirror
  readonly rules: MirrorRules
  readonly clock: Clock
  readonly onOutage: EgressOutage
  /** Processes that share the quota, for `'local'`. */
  readonly processes: number
}

/** Listens to the beginning and the end of outages. */
export type OutageListener = (state: 'began' | 'ended', error: SluiceError) => void

export interface OutageMirror extends Mirror {
  /** Something that an earlier question said is not confirmed, and goes with the next one. */
  readonly owes: boolean
  /** Why no call is sent; `undefined` while calls are sent, with the shared mirror or without it. */
  readonly outage: SluiceError | undefined
  onChange(listener: OutageListener): void
}

const usualTimeoutMs = 250
/** How often a mirror that is away is looked for. The breaker of the core lets fewer looks through. */
const lookMs = 100

export function outageMirror(options: OutageMirrorOptions): OutageMirror {
  const { mirror, rules, clock, onOutage } = options
  const news = unconfirmed(clock, rules.settledUs / 1000)
  const alone = sentAlone({ rules, clock, processes: onOutage === 'allow' ? Number.POSITIVE_INFINITY : options.processes })
  const time = sharedClock()
  const wakes = new Map<string, (inUs: number) => void>()
  let listen: OutageListener = () => {}
  let asker = emptyAsk('', 0)
  const questions = lookout(mirror.timeoutMs ?? usualTimeoutMs, clock, {
    look: () => void ask(emptyAsk(asker.process, asker.held), () => undefined),
    changed(state, error) {
      listen(state, error)
      if (state === 'ended') for (const wake of wakes.values()) wake(0)
    },
  })

  function ask<T>(question: Ask, fallback: (failure: SluiceError) => T): Taken | T | Promise<Taken | T> {
    return questions.ask<Taken | T>(() => askShared({ mirror, clock, news, alone, time }, question), fallback)
  }

  return {
    take(question) {
      asker = question
      const settles = question.settles.filter(alone.owns)
      news.keep({ ...question, settles: question.settles.filter((each) => !settles.includes(each)) })
      settles.forEach(alone.settle)
      // While it is away the looks ask it, so that no call waits for them.
      if (questions.error !== undefined && onOutage !== 'deny') return alone.take(question, settles)
      return ask(question, (failure) => {
        // A process that has just started knows nothing yet, and may only be connecting.
        if (onOutage === 'deny' || (!alone.knowsShared && questions.error === undefined)) throw failure
        return alone.take(question, settles)
      })
    },
    get owes() {
      // While it is away, the looks carry it.
      return questions.error === undefined && (!news.isEmpty || alone.owes)
    },
    get outage() {
      return onOutage === 'deny' ? questions.error : undefined
    },
    onChange(listener) {
      listen = listener
    },
    onHint(process, wake) {
      wakes.set(process, wake)
      const stop = mirror.onHint(process, wake)
      return () => {
        wakes.delete(process)
        stop()
      }
    },
    close() {
      questions.close()
      return mirror.close()
    },
  }
}

interface Shared extends Pick<OutageMirrorOptions, 'mirror' | 'clock'> {
  readonly news: Unconfirmed
  readonly alone: SentAlone
  readonly time: SharedClock
}

/** Asks the shared mirror, and tells it everything that it has not confirmed. */
function askShared({ mirror, clock, news, alone, time }: Shared, question: Ask): Taken | Promise<Taken> {
  const sentMs = clock.nowMs()
  const known = time.known(sentMs)
  const confirmed = (taken: Taken): Taken => {
    news.confirm()
    alone.confirm(taken, sentMs)
    if (time.accepts(taken.now, sentMs, clock.nowMs(), known)) return taken
    news.keep({ settles: bookedIn(taken, question), seen: [], blockUs: 0 })
    return { ...taken, booked: taken.booked.map(() => false), moved: taken.moved.map(() => false), waitUs: 1 }
  }
  const answer = mirror.take({ ...news.with(question), charges: alone.charges(), known })
  return isPromise(answer) ? answer.then(confirmed) : confirmed(answer)
}

/** What gives all bookings of an answer back. */
function bookedIn({ now: at, booked, moved }: Taken, { heads, moves }: Ask): Settlement[] {
  const sent = [...heads.filter((_, i) => booked[i]), ...moves.filter((_, i) => moved[i])]
  return sent.map(({ costs: back }) => ({ at, back }))
}

interface Lookout {
  /** The answer of the mirror, or that of `fallback` if it does not come in time or the mirror is away. */
  ask<T>(question: () => T | Promise<T>, fallback: (failure: SluiceError) => T): T | Promise<T>
  /** Why the mirror is away; `undefined` while it answers. */
  readonly error: SluiceError | undefined
  close(): void
}

interface LookoutOptions {
  /** Asks for the mirror while it is away. */
  look(): void
  readonly changed: OutageListener
}

/** Asks a mirror in bounded time. While the mirror is away, it is looked for until it answers again. */
function lookout(timeoutMs: number, clock: Clock, { look, changed }: LookoutOptions): Lookout {
  const alarms = alarmsOf(clock)
  let error: SluiceError | undefined
  let next: Alarm | undefined
  let closed = false
  // A runner connects by itself. A first question that comes before that waits for its time.
  const questions = inTime(timeoutMs, clock, { began, ended }, () => false)

  function began(cause: unknown): void {
    error = storeError(cause)
    changed('began', error)
    lookLater()
  }

  function ended(cause: unknown): void {
    error = undefined
    alarms.cancel(next)
    changed('ended', storeError(cause))
  }

  function lookLater(): void {
    if (closed) return
    next = alarms.at(
      clock.nowMs() + lookMs,
      () => {
        lookLater()
        look()
      },
      false,
    )
  }

  return {
    ask: (question, fallback) => questions.ask(question, fallback, () => {}),
    get error() {
      return error
    },
    close() {
      closed = true
      error = undefined
      alarms.cancel(next)
    },
  }
}
