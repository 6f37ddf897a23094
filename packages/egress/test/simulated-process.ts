/** A process in a simulation: it has a queue, one question to the mirror at a time, and slots for calls in flight. */
import type { Ask, Known, Taken } from '../src/mirror/mirror.ts'
import { sharedClock } from '../src/mirror/shared-clock.ts'
import type { Scenario, Wrong } from './simulation.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface SimulatedProcess {
  arrive(id: number): void
  hint(inUs: number): void
  stall(forUs: number): void
  die(): void
  /** Calls that wait. */
  waiting(): number
  /** Units by dimension that this process has taken from the mirror and not returned. */
  owed(): readonly number[]
}

export interface ProcessOptions {
  readonly name: string
  readonly rttUs: number
  readonly scenario: Scenario
  readonly time: VirtualTime
  readonly wrong: Wrong
  readonly serve: (ask: Ask) => Taken
  readonly send: (id: number, arriveUs: number) => void
}

/** What was asked, to be matched with the answer. */
interface Question {
  readonly heads: readonly Waiting[]
  readonly moves: readonly { readonly call: Waiting; readonly at: number }[]
  readonly sentUs: number
  readonly known: Known | undefined
}

interface Waiting {
  readonly id: number
  rank: number
  readonly since: number
  /** With the wrong debits, the first of two bookings is done. */
  half: boolean
  /** What the next question asks for. */
  costs: readonly number[]
}

/** Part of the transit that may pass between the question to the mirror and the sending. */
export const dispatchShare = 0.5

export function simulatedProcess({ name, rttUs, scenario, time, wrong, serve, send }: ProcessOptions): SimulatedProcess {
  const queue: Waiting[] = []
  const granted: { call: Waiting; at: number }[] = []
  const owed = scenario.limits.map(() => 0)
  const cancelled = new Set<number>()
  let settles: { at: number; back: number[] }[] = []
  let settling = 0
  let moves: { call: Waiting; at: number }[] = []
  let asking = false
  let again = false
  let dead = false
  let stalledUntilUs = 0
  let inFlight = 0
  const clock = sharedClock()
  let hasAnswer = false
  let timerUs = Number.POSITIVE_INFINITY

  const costsOf = (id: number): readonly number[] => scenario.calls[id]!.costs
  const busy = (): boolean => queue.length > 0 || settles.length > 0 || moves.length > 0

  /** Runs at once, or when the process goes on after a stall. */
  function live(run: () => void): void {
    if (dead) return
    if (time.nowUs() < stalledUntilUs) time.at(stalledUntilUs, () => live(run))
    else run()
  }

  function call(): void {
    if (asking) {
      again = true
      return
    }
    const free = wrong === 'rate before concurrency' ? 2 : Math.min(2, scenario.slots - inFlight)
    const heads = queue.slice(0, Math.max(0, free))
    // Without a free slot there is nothing to ask for; whatever ends asks again.
    if (heads.length === 0 && settles.length === 0 && moves.length === 0 && hasAnswer && queue.length > 0) return
    const ask: Ask = {
      process: name,
      heads: heads.map(({ rank, since, costs }) => ({ lane: 0, rank, since, costs })),
      queued: [],
      held: 0,
      settles,
      charges: [],
      settling: settles.length > 0 ? ++settling : 0,
      moves: moves.map(({ at, call: { id } }) => ({ at, costs: costsOf(id) })),
      seen: [],
      blockUs: 0,
      pace: scenario.pace,
      known: clock.known(time.nowUs() / 1000),
    }
    asking = true
    const question = { heads, moves, sentUs: time.nowUs(), known: ask.known }
    settles = []
    moves = []
    time.at(time.nowUs() + rttUs / 2, () => {
      if (wrong === 'resent take') serve(ask)
      const taken = serve(ask)
      time.at(time.nowUs() + rttUs / 2, () => live(() => answer(taken, question)))
    })
  }

  /** Everything that an answer leads to is asked for in one question. */
  function answer(answered: Taken, question: Question): void {
    const isTrue =
      wrong === 'no look at the clock' || clock.accepts(answered.now, question.sentUs / 1000, time.nowUs() / 1000, question.known)
    const taken = isTrue ? answered : withdrawn(answered, question)
    hasAnswer = true
    question.moves.forEach((moved, i) => {
      if (taken.moved[i]) dispatch(moved.call, taken.now, question.sentUs)
      else {
        // The booking is gone: the call goes to the head of the line.
        costsOf(moved.call.id).forEach((units, each) => {
          owed[each]! -= units
        })
        inFlight -= 1
        moved.call.rank = 0
        queue.unshift(moved.call)
      }
    })
    question.heads.forEach((head, i) => {
      if (!taken.booked[i]) return
      head.costs.forEach((units, each) => {
        owed[each]! += units
      })
      if (!queue.includes(head)) giveBack(taken.now, head.costs)
      else if (wrong === 'debits per dimension' && !head.half) {
        head.half = true
        head.costs = costsOf(head.id).map((units, each) => (each === 0 ? 0 : units))
      } else {
        queue.splice(queue.indexOf(head), 1)
        inFlight += 1
        if (wrong === 'settled before dispatch') settle(head.id, taken.now)
        dispatch(head, taken.now, question.sentUs)
      }
    })
    asking = false
    const more = queue.length > 0 && (question.heads.length === 0 || question.heads.some((_, i) => taken.booked[i]))
    if (again || more) {
      again = false
      call()
    } else if (queue.length > 0) wakeIn(taken.waitUs)
  }

  /** Nothing is sent by a clock that has stepped forward. */
  function withdrawn(taken: Taken, { heads, moves: late }: Question): Taken {
    const sent = [
      ...heads.filter((_, i) => taken.booked[i]).map(({ costs }) => costs),
      ...late.filter((_, i) => taken.moved[i]).map(({ call: { id } }) => costsOf(id)),
    ]
    for (const back of sent) settles.push({ at: taken.now, back: [...back] })
    return { ...taken, booked: taken.booked.map(() => false), moved: taken.moved.map(() => false), waitUs: 1 }
  }

  function wakeIn(inUs: number): void {
    const atUs = time.nowUs() + inUs
    timerUs = atUs
    time.at(atUs, () => live(() => timerUs === atUs && queue.length > 0 && call()))
  }

  function dispatch(waiting: Waiting, at: number, sentUs: number): void {
    if (cancelled.has(waiting.id)) {
      inFlight -= 1
      giveBack(at, costsOf(waiting.id))
      return
    }
    const lagUs = time.nowUs() - sentUs
    if (wrong !== 'no move' && lagUs > scenario.transitUs * dispatchShare) {
      moves.push({ call: waiting, at })
      call()
    } else if (wrong === 'rate before concurrency' && inFlight > scenario.slots) {
      granted.push({ call: waiting, at })
    } else sendNow(waiting, at)
  }

  function sendNow({ id }: Waiting, at: number): void {
    const { transit, durationUs } = scenario.calls[id]!
    const arriveUs = Math.ceil(time.nowUs() + scenario.transitUs * (1 - dispatchShare) * transit)
    cancelled.delete(id)
    send(id, arriveUs)
    time.at(arriveUs + durationUs + rttUs / 2, () => live(() => finished(id, at)))
  }

  function finished(id: number, at: number): void {
    inFlight -= 1
    if (wrong !== 'settled before dispatch') settle(id, at)
    const next = granted.shift()
    if (next !== undefined) sendNow(next.call, next.at)
    if (busy()) call()
  }

  function settle(id: number, at: number): void {
    const { costs, actual } = scenario.calls[id]!
    const back = costs.map((units, i) => units - actual[i]!)
    if (back.some((units) => units !== 0)) giveBack(at, back)
  }

  function giveBack(at: number, back: readonly number[]): void {
    settles.push({ at, back: [...back] })
    back.forEach((units, i) => {
      owed[i]! -= units
    })
    call()
  }

  // All processes have asked once before anything happens to the clock.
  call()
  return {
    arrive: (id) =>
      live(() => {
        const { cancelAfterUs, costs } = scenario.calls[id]!
        const since = time.nowUs()
        const half = wrong === 'debits per dimension' && costs.length > 1
        const first = half ? costs.map((units, i) => (i === 0 ? units : 0)) : costs
        queue.push({ id, rank: since + 1, since, half: !half, costs: first })
        if (cancelAfterUs !== undefined) time.at(since + cancelAfterUs, () => live(() => cancel(id)))
        call()
      }),
    hint: (inUs) => time.at(time.nowUs() + rttUs / 2, () => live(() => queue.length > 0 && (inUs <= 0 ? call() : wakeIn(inUs)))),
    stall: (forUs) => {
      stalledUntilUs = Math.max(stalledUntilUs, time.nowUs() + forUs)
    },
    die: () => {
      dead = true
    },
    waiting: () => (dead ? 0 : queue.length),
    owed: () => owed,
  }

  function cancel(id: number): void {
    const at = queue.findIndex((each) => each.id === id)
    if (at >= 0) {
      queue.splice(at, 1)
      call()
    } else cancelled.add(id)
  }
}
