/**
 * One step of the mirror: what came back is returned, then the heads of the process are booked as far as they fit and it is their turn.
 *
 * Everything is booked at `now`. Nothing is booked in the future: budget that a settlement frees goes to the head of the line. The Redis
 * script does the same steps in the same order.
 */
import type { Micros } from '@sluice/core'
import { bookAll, giveBack, move } from './bookings.ts'
import { horizonUs } from './dimension.ts'
import { insert, isBefore } from './line.ts'
import type { Ask, Head, MirrorView, Queued, Taken, Why } from './mirror.ts'
import { advance } from './mirror-clock.ts'
import { beginProbe, probeEndUs } from './probe.ts'
import { earliest, masked, pacedFrom, roomsOf, spacingUs } from './room.ts'
import { freeSlots, holdOf, slotLookUs } from './slots.ts'
import type { Entry, Hold, MirrorRules, MirrorState } from './state.ts'
import { usualWays, type Ways } from './ways.ts'
import { type Book, dropOld } from './window-log.ts'

/** A call of this process may be sent earlier than the process was told. */
export interface Hint {
  readonly process: string
  readonly inUs: Micros
}

/** A hint is worth a message from this difference on. */
const worthUs = 2000

/** What one step works with. */
interface Step {
  readonly state: MirrorState
  readonly ask: Ask
  readonly rules: MirrorRules
  readonly now: Micros
  readonly view: MirrorView & { paceUs: Micros; freeSlots: number; probeEndUs: Micros }
  /** What the process of the question holds. */
  readonly hold: Hold
}

/**
 * @param serverUs - the clock of the server that keeps the state
 * @param hints - receives the hints to publish
 * @param ways - how bookings are written down and headers are read
 */
export function take(
  state: MirrorState,
  serverUs: Micros,
  ask: Ask,
  rules: MirrorRules,
  hints: Hint[] = [],
  ways: Ways = usualWays,
): Taken {
  const { dimensions } = rules
  const { put } = ways
  const fresh = isLost(state, ask, rules)
  const stillUs = advance(state, serverUs, ask.known)
  const now = state.lastUs
  if (fresh) state.untilUs = now + longestHorizonUs(rules)
  state.untilUs = Math.max(state.untilUs, ask.blockUs > 0 ? now + ask.blockUs : 0)
  for (let i = 0; i < dimensions.length; i++) dropOld(state.logs[i]!, now, horizonUs(dimensions[i]!) + dimensions[i]!.retainUs)
  if (ask.settling > (state.settled.get(ask.process) ?? 0)) {
    state.settled.set(ask.process, ask.settling)
    for (const { at, back } of ask.settles) {
      giveBack(state, at, back, rules)
      // A probe that was cancelled shows nothing: the next call is the probe.
      if (at === state.probeUs) state.probeUs = 0
    }
  }
  if (ask.charges.length > 0) bookAll(state, now, ask.charges, rules, put)
  const moved = ask.moves.map(({ at, costs }) => move(state, now, at, costs, rules, ask.pace, put))
  for (const seen of ask.seen)
    ways.learn(state.learned[seen.dimension]!, state.logs[seen.dimension]!, now, seen, dimensions[seen.dimension]!)
  if (ask.seen.length > 0) {
    state.heardUs = now
    state.probeUs = 0
  }

  const rooms = roomsOf(state, rules, ways)
  const hold = holdOf(state, ask, rules, now)
  const { logs, untilUs, paceUs } = state
  const view = { logs, rooms, untilUs, paceUs, probeEndUs: probeEndUs(state, rules, now), freeSlots: freeSlots(state, rules), others: [] }
  const step: Step = { state, ask, rules, now, view, hold }
  // While no slot is free or a probe is out, no head of the line is called for.
  if (view.freeSlots <= 0 || view.probeEndUs > 0) for (const entry of state.line) entry.dueUs = 0
  const stopped: Head[] = []
  let why: Why = 'empty'
  const booked = ask.heads.map((head) => {
    const reason = stillUs > 0 ? 'blocked' : stopperOf(step, head, stopped)
    if (reason === undefined) {
      place(step, head, put)
      return true
    }
    if (stopped.length === 0) why = reason
    stopped.push(head)
    return false
  })
  const waitUs = enterLine(step, stopped, stillUs)
  publish(step, hints)
  return { now, booked, moved, waitUs, why, virtual: [...state.virtual], fresh, view: { ...view, others: othersOf(step) } }
}

/** A process that has asked lately finds no state: its bookings, and those of others, are unknown. */
function isLost(state: MirrorState, { known }: Ask, rules: MirrorRules): boolean {
  return state.lastUs === 0 && known !== undefined && known.mostUs < longestHorizonUs(rules)
}

function longestHorizonUs({ dimensions }: MirrorRules): Micros {
  let longest = 0
  for (const each of dimensions) longest = Math.max(longest, horizonUs(each))
  return longest
}

/** Why a head may not be sent now; `undefined` if it may. */
function stopperOf(step: Step, head: Head, stopped: readonly Head[]): Why | undefined {
  const { state, ask, rules, now, view } = step
  if (view.freeSlots <= 0) return 'slots'
  if (view.probeEndUs > 0) return 'unseen'
  const { line } = state
  /** Entries before the head that cannot be sent now, for want of what the head does not use. */
  const passed: Entry[] = []
  const mustWaitFor = (other: Pick<Head, 'costs'>, costs: readonly number[]): boolean => earliestOf(step, masked(other.costs, costs)) > now
  for (let i = 0; i < line.length && isBefore(line[i]!, { ...head, process: ask.process }); ) {
    const entry = line[i]!
    if (entry.process === ask.process) {
      i += 1
    } else if (earliestOf(step, entry.costs) > now || passed.some((before) => mustWaitFor(before, entry.costs))) {
      // It is not called for: it would come in vain, again and again.
      entry.dueUs = 0
      if (mustWaitFor(entry, head.costs)) return 'turn'
      passed.push(entry)
      i += 1
    } else if (entry.dueUs === 0) {
      entry.dueUs = now
      return 'turn'
    } else if (now - entry.dueUs <= rules.graceUs) {
      return 'turn'
    } else {
      line.splice(i, 1)
    }
  }
  for (const mine of stopped) {
    if (earliestOf(step, mine.costs) <= now || mustWaitFor(mine, head.costs)) return 'turn'
  }
  return earliestOf(step, head.costs) > now ? 'full' : undefined
}

function earliestOf({ view, now, rules, ask }: Step, costs: readonly number[]): Micros {
  return earliest(view, now, costs, rules.dimensions, ask.pace)
}

function place({ state, ask, rules, now, view, hold }: Step, head: Head, put: Book): void {
  const { dimensions } = rules
  bookAll(state, now, head.costs, rules, put)
  state.virtual[head.lane] = Math.max(state.virtual[head.lane]!, head.rank)
  state.paceUs = pacedFrom(state.paceUs, now, rules, ask.pace) + spacingUs(head.costs, view.rooms, dimensions, ask.pace)
  view.paceUs = state.paceUs
  view.freeSlots -= 1
  view.probeEndUs = beginProbe(state, rules, now)
  hold.held += 1
}

/** Replaces the entries of this process by the first head of each lane that was not booked. @returns its wait */
function enterLine(step: Step, stopped: readonly Head[], stillUs: Micros): Micros {
  const { state, ask, now } = step
  state.line = state.line.filter(({ process }) => process !== ask.process)
  let waitUs = 0
  let lane = -1
  for (const head of stopped) {
    if (head.lane === lane) continue
    lane = head.lane
    const queued = ask.queued[lane] ?? [...head.costs, 0].fill(0)
    const entry: Entry = { process: ask.process, ...head, queued: behind(queued, head, stopped), dueUs: 0, publishedUs: 0 }
    insert(state.line, entry)
    entry.publishedUs = Math.max(instantOf(step, entry), now + stillUs)
    if (waitUs === 0 || entry.publishedUs - now < waitUs) waitUs = Math.max(1, entry.publishedUs - now)
  }
  return waitUs
}

/** What waits behind a head in its lane: units, and last the number of calls. */
function behind(queued: readonly number[], head: Head, stopped: readonly Head[]): number[] {
  const sum = [...queued]
  for (const other of stopped) {
    if (other === head || other.lane !== head.lane) continue
    for (let i = 0; i < sum.length; i++) sum[i]! += other.costs[i] ?? 1
  }
  return sum
}

function othersOf({ state, ask }: Step): Queued[] {
  const others: Queued[] = []
  for (const { process, lane, rank, costs, queued } of state.line) {
    if (process !== ask.process)
      others.push({ lane, rank, units: costs.map((units, i) => units + queued[i]!), calls: 1 + queued[costs.length]! })
  }
  return others
}

/**
 * When an entry may be sent, as far as the line shows: behind those before it, as far as they use what it uses. One before it that is
 * called for already may turn out to be dead.
 */
function instantOf(step: Step, entry: Entry): Micros {
  const { state, rules, view, ask } = step
  const sum = [...entry.costs]
  let spacing = 0
  let graceUs = 0
  for (const before of state.line) {
    if (before === entry) break
    if (before.dueUs > 0) {
      graceUs = Math.max(graceUs, before.dueUs + rules.graceUs + 1)
      continue
    }
    for (let i = 0; i < sum.length; i++) if (sum[i]! > 0) sum[i]! += Math.min(before.costs[i]!, view.rooms[i]!)
    if (ask.pace !== 'soonest') spacing += spacingUs(before.costs, view.rooms, rules.dimensions, ask.pace)
  }
  const slotUs = view.freeSlots > 0 ? 0 : step.now + slotLookUs
  return Math.max(earliestOf(step, sum) + spacing, graceUs, slotUs, view.probeEndUs)
}

/** Hints to the first of each lane, and to heads that are called for, if their instant is earlier than published. */
function publish(step: Step, hints: Hint[]): void {
  const { state, ask, now } = step
  let lane = -1
  for (const entry of state.line) {
    const isFirst = entry.lane !== lane
    lane = entry.lane
    if (entry.process === ask.process || !(isFirst || entry.dueUs > 0)) continue
    const instant = entry.dueUs > 0 ? now : instantOf(step, entry)
    if (instant + worthUs >= entry.publishedUs) continue
    entry.publishedUs = instant
    hints.push({ process: entry.process, inUs: instant - now })
  }
}
