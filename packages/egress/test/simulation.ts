/** A mirror, its processes and a provider in virtual time; and the wrong ways that must be noticed. */
import { type Dimension, dimension } from '../src/mirror/dimension.ts'
import type { Ask, Taken } from '../src/mirror/mirror.ts'
import { emptyState, type MirrorState } from '../src/mirror/state.ts'
import { type Hint, take } from '../src/mirror/take.ts'
import { usualWays, type Ways } from '../src/mirror/ways.ts'
import type { Book } from '../src/mirror/window-log.ts'
import type { Provider, ProviderLimit } from './provider-models.ts'
import { type SimulatedProcess, simulatedProcess } from './simulated-process.ts'
import { virtualTime } from './virtual-time.ts'

/** Mistakes of earlier versions and of other libraries. */
export type Wrong =
  | 'none'
  | 'no transit'
  | 'no move'
  | 'expiry by the first booking'
  | 'resent take'
  | 'debits per dimension'
  | 'rate before concurrency'
  | 'settled before dispatch'
  | 'no look at the clock'

export interface SimulatedCall {
  readonly atUs: number
  readonly process: number
  readonly costs: readonly number[]
  /** What the call turns out to use, at most its costs. */
  readonly actual: readonly number[]
  readonly durationUs: number
  /** Share of the allowed transit that the call takes on its way, from 0 to 1. */
  readonly transit: number
  readonly cancelAfterUs: number | undefined
}

export interface Scenario {
  readonly limits: readonly ProviderLimit[]
  readonly transitUs: number
  readonly calls: readonly SimulatedCall[]
  /** Round trip of each process, in microseconds. */
  readonly rttUs: readonly number[]
  readonly slots: number
  readonly stalls: readonly { readonly process: number; readonly atUs: number; readonly forUs: number }[]
  readonly deaths: readonly { readonly process: number; readonly atUs: number }[]
  /** Steps of the clock of the server. */
  readonly steps: readonly { readonly atUs: number; readonly byUs: number }[]
  readonly pace: 'soonest' | 'steady' | 'paced'
}

export interface Outcome {
  /** Calls that the provider refused. */
  readonly refused: number
  /** Calls in the order in which they were sent. */
  readonly sent: readonly number[]
  readonly sentAtUs: readonly number[]
  /** Calls that were neither sent nor cancelled, and whose process lives. */
  readonly stuck: number
  /** Units by dimension that the mirror holds, and that it should hold. */
  readonly held: readonly number[]
  readonly owed: readonly number[]
}

/** Keeps every entry, so that what was ever booked can be added up. */
const retainUs = 2 ** 50

export function simulate(scenario: Scenario, provider: Provider, wrong: Wrong = 'none'): Outcome {
  const time = virtualTime()
  const dimensions: readonly Dimension[] = scenario.limits.map((limit) =>
    dimension({ ...limit, retainUs, transitUs: wrong === 'no transit' ? 0 : scenario.transitUs }),
  )
  const rules = { dimensions, lanes: 1, graceUs: 250_000, slots: 0, leaseUs: 0, settledUs: 0, probe: undefined }
  const state: MirrorState = emptyState(rules)
  const ways: Ways = wrong === 'expiry by the first booking' ? { ...usualWays, put: bookByFirst } : usualWays
  let stepsUs = 10 ** 12
  for (const { atUs, byUs } of scenario.steps) {
    time.at(atUs, () => {
      stepsUs += byUs
    })
  }
  const outcome = { refused: 0, sent: [] as number[], sentAtUs: [] as number[] }
  const processes: SimulatedProcess[] = []

  function serve(ask: Ask): Taken {
    const hints: Hint[] = []
    const taken = take(state, time.nowUs() + stepsUs, ask, rules, hints, ways)
    for (const { process, inUs } of hints) processes[Number(process)]?.hint(inUs)
    return taken
  }

  function send(id: number, arriveUs: number): void {
    const call = scenario.calls[id]!
    outcome.sent.push(id)
    outcome.sentAtUs.push(time.nowUs())
    time.at(arriveUs, () => {
      if (!provider.arrive(id, time.nowUs(), call.costs)) outcome.refused += 1
    })
    // A provider corrects its count before the last byte of the response is here.
    time.at(arriveUs + call.durationUs, () => provider.finish(id, time.nowUs(), call.actual))
  }

  scenario.rttUs.forEach((rttUs, index) => {
    processes.push(simulatedProcess({ name: String(index), rttUs, scenario, time, wrong, serve, send }))
  })
  scenario.calls.forEach((call, id) => {
    time.at(call.atUs, () => processes[call.process]!.arrive(id))
  })
  for (const { process, atUs, forUs } of scenario.stalls) time.at(atUs, () => processes[process]!.stall(forUs))
  for (const { process, atUs } of scenario.deaths) time.at(atUs, () => processes[process]!.die())
  time.run()

  const held = state.logs.map((log) => log.reduce((sum, each, i) => (i % 2 === 1 ? sum + each : sum), 0))
  const owed = scenario.limits.map((_, i) => processes.reduce((sum, process) => sum + process.owed()[i]!, 0))
  return { ...outcome, stuck: processes.reduce((sum, process) => sum + process.waiting(), 0), held, owed }
}

const bookByFirst: Book = (log, now, units, slotUs) => {
  const last = log.length - 2
  if (last >= 0 && Math.floor(log[last]! / slotUs) === Math.floor(now / slotUs)) log[last + 1]! += units
  else log.push(now, units)
}
