/** What a process does without its shared mirror: it sends calls by its part of the quota, and tells the shared mirror of them afterwards. */
import type { Clock, Micros } from '@sluice/core'
import { type Dimension, horizonUs } from './dimension.ts'
import { type LastAnswer, localMirror } from './local-mirror.ts'
import type { Ask, Mirror, Settlement, Taken } from './mirror.ts'
import type { MirrorRules } from './state.ts'
import { book, dropOld, unbook, usedAt, type WindowLog } from './window-log.ts'

export interface SentAlone {
  /** Whether the shared mirror has answered before. */
  readonly knowsShared: boolean
  /** Whether there are calls that the shared mirror has not heard of. */
  readonly owes: boolean
  /** Units by dimension of these calls, for the next question. Empty if there are none. */
  charges(): readonly number[]
  /** The shared mirror has answered, and has heard of everything. */
  confirm(taken: Taken, sentMs: number): void
  /** Whether the shared mirror has no booking of the call that is settled. */
  owns(settlement: Settlement): boolean
  /** Corrects what the shared mirror will hear of a call that was sent without it. */
  settle(settlement: Settlement): void
  /** Sends calls by the part of the quota that this process keeps. @param settles - of calls that were sent without the shared mirror */
  take(ask: Ask, settles: readonly Settlement[]): Taken
}

export interface SentAloneOptions {
  readonly rules: MirrorRules
  readonly clock: Clock
  /** Processes that share the quota. `Infinity` sends calls without any limit. */
  readonly processes: number
}

/** Times without the shared mirror that are told apart. Settlements of older ones are taken for those of the shared mirror. */
const mostSpans = 100

export function sentAlone({ rules, clock, processes }: SentAloneOptions): SentAlone {
  const { dimensions } = rules
  /** Calls that the shared mirror has not heard of, by dimension. */
  const own = dimensions.map((): WindowLog => [])
  /** When these calls were booked: from the first to the last one of each time without the shared mirror. */
  let spans: { readonly from: Micros; to: Micros }[] = []
  let last: LastAnswer | undefined
  let local: Pick<Mirror, 'take'> | undefined
  /** Number of the settlements that the local mirror was told last. */
  let settling = 0

  /** The clock of the shared mirror, as far as this process knows it. */
  function sharedNow(): Micros {
    return last === undefined ? Math.floor(clock.nowMs() * 1000) : last.taken.now + Math.floor((clock.nowMs() - last.heardMs) * 1000)
  }

  function owes(): boolean {
    return own.some((log) => log.length > 0)
  }

  function begin(): Pick<Mirror, 'take'> {
    spans = [...spans.slice(1 - mostSpans), { from: sharedNow(), to: 0 }]
    return localMirror({ rules, clock, processes, last, own })
  }

  return {
    get knowsShared() {
      return last !== undefined
    },
    get owes() {
      return owes()
    },
    charges: () => (owes() ? own.map((log, i) => usedAt(log, sharedNow(), dimensions[i]!)) : []),
    confirm(taken, sentMs) {
      for (const log of own) log.length = 0
      local = undefined
      last = { taken, sentMs, heardMs: clock.nowMs() }
    },
    owns: ({ at }) => spans.some(({ from, to }) => at >= from && at <= to),
    settle({ at, back }) {
      for (const [i, { slotUs }] of dimensions.entries()) settleIn(own[i]!, at, back[i]!, slotUs)
    },
    take(ask, settles) {
      local ??= begin()
      settling += 1
      const taken = local.take({ ...ask, settles, settling, charges: [] }) as Taken
      spans.at(-1)!.to = taken.now
      bookSent(own, ask, taken, dimensions)
      return taken
    },
  }
}

function bookSent(own: readonly WindowLog[], { heads, moves }: Ask, { now, booked, moved }: Taken, dimensions: readonly Dimension[]): void {
  const sent = [...heads.filter((_, i) => booked[i]), ...moves.filter((_, i) => moved[i])]
  for (const { costs } of sent) {
    for (const [i, dimension] of dimensions.entries()) {
      dropOld(own[i]!, now, horizonUs(dimension))
      if (costs[i]! > 0) book(own[i]!, now, costs[i]!, dimension.slotUs)
    }
  }
}

/** What the shared mirror has heard already keeps its estimate. What was used beyond the estimate is told once more. */
function settleIn(log: WindowLog, at: Micros, units: number, slotUs: Micros): void {
  if (units > 0) unbook(log, at, units, slotUs)
  else if (units < 0) book(log, Math.max(at, log.at(-2) ?? 0), -units, slotUs)
}
