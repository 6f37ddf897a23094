/**
 * Deciding a later stage of a request on a store whose answers can be late.
 *
 * A refusal returns what the earlier stages hold. The store must not do so by itself: its refusal may come after the caller was answered
 * otherwise, and the request that goes on would hold nothing. So the store decides first, and the returns follow an answer in time.
 */
import type { LimitStatus } from '../decision.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import type { Call, Charge, HeldCharge, Hold, Settled, Store, Verdict } from '../store.ts'

/** What a later stage is decided with. */
export interface LaterStage {
  readonly store: Pick<Store, 'decide' | 'decideLaterStage'>
  /** Returns an earlier stage. */
  giveBack(hold: Hold): MaybePromise<Settled>
  /** Whether the caller still waits: a refusal that comes after that returns nothing. */
  isAwaited(): boolean
  /** Gets a refusal that came in time, before anything is returned. */
  onRefused?(verdict: Verdict): void
}

/** Decides a call with holds in `undo`. One that is refused in time has them given back, and says how everything stands after that. */
export function decideLaterStage(call: Call, stage: LaterStage): MaybePromise<Verdict> {
  const described = call.undo.length === 0 ? undefined : stage.store.decideLaterStage?.(call)
  const verdict = described ?? stage.store.decide({ ...call, undo: [] })
  return andThen(verdict, (answer) => {
    if (answer.allowed || !stage.isAwaited()) return answer
    stage.onRefused?.(answer)
    const settled = Promise.all(call.undo.map(async (hold) => stage.giveBack(hold)))
    if (described === undefined && call.undo.length > 0) return settled.then((all) => lookAfter(call, answer, all, stage.store))
    // The answer is complete, and no caller waits for what follows.
    settled.catch(ignore)
    return answer
  })
}

/** The refusal as the limits stand now. A hold that was settled before is not among them. */
async function lookAfter(call: Call, refused: Verdict, settled: readonly Settled[], store: LaterStage['store']): Promise<Verdict> {
  const given = call.undo.filter((_, i) => settled[i]!.first).flatMap(({ entries }) => entries.map(chargeOf))
  const look = async (charges: readonly Charge[]): Promise<readonly LimitStatus[]> => {
    if (charges.length === 0) return []
    return (await store.decide({ action: 'peek', charges, undo: [], migrate: call.migrate })).limits
  }
  // The same request would ask again for what was given back, together with this cost.
  const again = ({ upTo: _, ...charge }: Charge): Charge => {
    const same = given.filter(({ limit, key }) => limit.name === charge.limit.name && key === charge.key)
    return { ...charge, cost: charge.cost + same.reduce((sum, { cost }) => sum + cost, 0) }
  }
  return { ...refused, limits: await look(call.charges.map(again)), undone: await look(given) }
}

function chargeOf({ limit, key, terms, units }: HeldCharge): Charge {
  return { limit, key, terms, cost: units }
}

function ignore(): void {}
