/** A shared mirror that can be away: nothing that it was told is lost, and meanwhile calls wait, or are sent without it. */
import type { Clock, SluiceError } from '@sluice/core'
import { inTime, storeError } from '@sluice/core/internal'
import { alarmsOf } from '../alarm.ts'
import { horizonUs } from './dimension.ts'
import { emptyAsk, type LastAnswer, localMirror } from './local-mirror.ts'
import type { Ask, Known, Mirror, Settlement, Taken } from './mirror.ts'
import type { MirrorRules } from './state.ts'
import { unconfirmed } from './unconfirmed.ts'
import { book, dropOld, unbook, usedAt, type WindowLog } from './window-log.ts'

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

interface State extends OutageMirrorOptions {
  readonly news: ReturnType<typeof unconfirmed>
  last: LastAnswer | undefined
  local: Pick<Mirror, 'take'> | undefined
  /** What was sent without the shared mirror and is not booked there yet, by dimension. */
  readonly own: readonly WindowLog[]
  /** When the calls were booked that were sent without it: from the first to the last one of each time. */
  spans: { readonly from: number; to: number }[]
  /** Number of the settlements that the local mirror was told last. */
  settling: number
}

/** Spans that are told apart. Settlements of older ones are taken for those of the shared mirror. */
const mostSpans = 100

export function outageMirror(options: OutageMirrorOptions): OutageMirror {
  const { mirror, rules, clock, onOutage } = options
  const news = unconfirmed(clock, rules.settledUs / 1000)
  const own = rules.dimensions.map((): WindowLog => [])
  const state: State = { ...options, news, own, last: undefined, local: undefined, spans: [], settling: 0 }
  const wakes = new Map<string, (inUs: number) => void>()
  let listen: OutageListener = () => {}
  let error: SluiceError | undefined
  let asker = emptyAsk('', 0)
  const alarms = alarmsOf(clock)
  let looking = alarms.at(Number.POSITIVE_INFINITY, () => {}, false)
  alarms.cancel(looking)

  const breakerEvents: Parameters<typeof inTime>[2] = {
    began(cause) {
      error = storeError(cause)
      listen('began', error)
      lookLater()
    },
    ended(cause) {
      error = undefined
      listen('ended', storeError(cause))
      for (const wake of wakes.values()) wake(0)
    },
  }
  // A runner connects by itself. A first question that comes before that waits for its time.
  const questions = inTime(mirror.timeoutMs ?? usualTimeoutMs, clock, breakerEvents, () => undefined)

  function lookLater(): void {
    alarms.cancel(looking)
    looking = alarms.at(clock.nowMs() + lookMs, look, false)
  }

  function look(): void {
    if (error === undefined) return
    lookLater()
    void ask(emptyAsk(asker.process, asker.held), () => undefined)
  }

  function ask<T>(question: Ask, otherwise: (failure: SluiceError) => T): Taken | T | Promise<Taken | T> {
    return questions.ask<Taken | T>(
      () => {
        const sentMs = clock.nowMs()
        const answer = mirror.take(questionTo(state, question, sentMs))
        return answer instanceof Promise ? answer.then((taken) => confirmed(state, taken, sentMs)) : confirmed(state, answer, sentMs)
      },
      otherwise,
      () => {},
    )
  }

  return {
    take(question) {
      asker = question
      const alone = question.settles.filter((each) => wasSentAlone(state, each))
      news.keep({ ...question, settles: question.settles.filter((each) => !alone.includes(each)) })
      for (const each of alone) settleOwn(state, each)
      // While it is away the looks ask it, so that no call waits for them.
      if (error !== undefined && onOutage !== 'deny') return takeAlone(state, question, alone)
      return ask(question, (failure) => {
        // A process that has just started knows nothing yet, and may only be connecting.
        if (onOutage === 'deny' || (state.last === undefined && error === undefined)) throw failure
        return takeAlone(state, question, alone)
      })
    },
    get owes() {
      // While it is away, the looks carry it.
      return error === undefined && (!news.isEmpty || own.some((log) => log.length > 0))
    },
    get outage() {
      return onOutage === 'deny' ? error : undefined
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
      alarms.cancel(looking)
      error = undefined
      return mirror.close()
    },
  }
}

function questionTo(state: State, ask: Ask, nowMs: number): Ask {
  const { news, last, own, rules } = state
  const known: Known | undefined = last && {
    now: last.taken.now,
    leastUs: Math.floor((nowMs - last.heardMs) * 1000),
    mostUs: Math.ceil((nowMs - last.sentMs) * 1000),
  }
  const charges = own.some((log) => log.length > 0) ? own.map((log, i) => usedAt(log, sharedNow(state), rules.dimensions[i]!)) : []
  return { ...news.with(ask), charges, known }
}

function confirmed(state: State, taken: Taken, sentMs: number): Taken {
  state.news.confirm()
  for (const log of state.own) log.length = 0
  state.local = undefined
  state.last = { taken, sentMs, heardMs: state.clock.nowMs() }
  return taken
}

/** The clock of the shared mirror, as far as this process knows it. */
function sharedNow({ clock, last }: State): number {
  return last === undefined ? Math.floor(clock.nowMs() * 1000) : last.taken.now + Math.floor((clock.nowMs() - last.heardMs) * 1000)
}

/** Sends calls by the part of the quota that this process keeps. */
function takeAlone(state: State, ask: Ask, settles: readonly Settlement[]): Taken {
  const { rules, clock, onOutage, last, own } = state
  if (state.local === undefined) {
    const processes = onOutage === 'allow' ? Number.POSITIVE_INFINITY : state.processes
    state.local = localMirror({ rules, clock, processes, last, own })
    state.spans = [...state.spans.slice(1 - mostSpans), { from: sharedNow(state), to: 0 }]
  }
  state.settling += 1
  const taken = state.local.take({ ...ask, settles, settling: state.settling, charges: [] }) as Taken
  state.spans.at(-1)!.to = taken.now
  const sent = [...ask.heads.filter((_, i) => taken.booked[i]), ...ask.moves.filter((_, i) => taken.moved[i])]
  for (const { costs } of sent) {
    for (const [i, dimension] of rules.dimensions.entries()) {
      dropOld(own[i]!, taken.now, horizonUs(dimension))
      if (costs[i]! > 0) book(own[i]!, taken.now, costs[i]!, dimension.slotUs)
    }
  }
  return taken
}

/** Whether the shared mirror has no booking of the call. */
function wasSentAlone({ spans }: State, { at }: Settlement): boolean {
  return spans.some(({ from, to }) => at >= from && at <= to)
}

/**
 * Corrects what the shared mirror will be told of a call that was sent without it. What was told already keeps its estimate, and more than
 * that is told once more.
 */
function settleOwn({ own, rules }: State, { at, back }: Settlement): void {
  for (const [i, { slotUs }] of rules.dimensions.entries()) {
    const log = own[i]!
    const units = back[i]!
    if (units > 0) unbook(log, at, units, slotUs)
    else if (units < 0) book(log, Math.max(at, log.at(-2) ?? 0), -units, slotUs)
  }
}
