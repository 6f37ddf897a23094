/** A process in a scene of learning: it asks the shared mirror for its calls, and tells it what their responses say. */
import type { Ask, Sighting, Taken } from '../src/mirror/mirror.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The head of a response. */
export interface Response extends Pick<Sighting, 'limit' | 'remaining' | 'endsUs'> {
  readonly served: boolean
}

export interface LearningProcess {
  arrive(): void
  hint(inUs: number): void
}

export interface LearningProcessOptions {
  readonly name: string
  readonly time: VirtualTime
  readonly rttUs: number
  readonly pace: Ask['pace']
  readonly serve: (ask: Ask) => Taken
  readonly send: (respond: (response: Response) => void) => void
}

/** Heads of one question. */
const mostHeads = 4
/** What a refusal without `Retry-After` stops. */
const blockUs = 1_000_000
/** A queue that is longer takes no call. */
const mostWaiting = 1000

export function learningProcess({ name, time, rttUs, pace, serve, send }: LearningProcessOptions): LearningProcess {
  /** When each waiting call arrived; 0 for a call that is tried again. */
  const waiting: number[] = []
  let seen: Sighting[] = []
  let block = 0
  let asking = false
  let again = false
  let probing = false
  let timerUs = Number.POSITIVE_INFINITY

  function ask(): void {
    if (asking) {
      again = true
      return
    }
    if (waiting.length === 0 && seen.length === 0) return
    asking = true
    again = false
    const heads = waiting.slice(0, mostHeads)
    const question: Ask = {
      process: name,
      heads: heads.map((since) => ({ lane: 0, rank: since, since, costs: [1] })),
      queued: [],
      held: 0,
      settles: [],
      settling: 0,
      charges: [],
      moves: [],
      seen,
      blockUs: block,
      pace,
      known: undefined,
    }
    seen = []
    block = 0
    time.at(time.nowUs() + rttUs / 2, () => {
      const taken = serve(question)
      time.at(time.nowUs() + rttUs / 2, () => answered(taken, heads))
    })
  }

  function answered({ now, booked, waitUs, view }: Taken, heads: readonly number[]): void {
    asking = false
    probing = view.probeEndUs > 0
    const sent = booked.filter(Boolean).length
    heads.forEach((since, i) => {
      if (!booked[i]) return
      waiting.splice(waiting.indexOf(since), 1)
      send((response) => heard(now, response))
    })
    if (again || (sent === heads.length && waiting.length > 0)) ask()
    else if (waiting.length > 0) wakeIn(waitUs)
  }

  function heard(at: number, { served, limit, remaining, endsUs }: Response): void {
    seen.push({ dimension: 0, at, cost: served ? 1 : 0, limit, remaining, endsUs })
    if (!served) {
      block = blockUs
      waiting.unshift(0)
    }
    // A process tells what it has heard with its next question, and at once if others wait for it.
    if (waiting.length > 0 || probing) ask()
  }

  function wakeIn(inUs: number): void {
    const atUs = time.nowUs() + inUs
    timerUs = atUs
    time.at(atUs, () => timerUs === atUs && waiting.length > 0 && ask())
  }

  return {
    arrive() {
      if (waiting.length >= mostWaiting) return
      waiting.push(time.nowUs())
      if (waiting.length === 1 || probing) ask()
    },
    hint: (inUs) => time.at(time.nowUs() + rttUs / 2, () => waiting.length > 0 && (inUs <= 0 ? ask() : wakeIn(inUs))),
  }
}
