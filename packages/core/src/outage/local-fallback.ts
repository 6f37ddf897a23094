/** Decides while the store does not: each limit by its `onOutage`, in the memory of this process. */

import type { Clock } from '../clock.ts'
import type { OnOutage } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import type { Duration } from '../options.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Call, Charge, Hold, LimitFacts, Settled, SyncStore, Verdict } from '../store.ts'
import { nothingApplies } from '../store.ts'
import { exceedsShareAlone, localShare } from './local-share.ts'

/** Decides in place of a store. */
export interface LocalFallback {
  decide(call: Call): Verdict
  /** Whether a hold was made here, and is settled here. */
  made(hold: Hold): boolean
  settle(hold: Hold, actual: readonly number[]): Settled
  renew(hold: Hold): boolean
  reset(limit: LimitFacts, key: string): void
  resetAll(limit: LimitFacts): void
  block(limit: LimitFacts, key: string, durationMs: number): void
  close(): void
}

/**
 * @param processes - how many share each limit; this one gets its part
 * @param handleLifetime - of the store
 */
export function localFallback(onOutage: OnOutage, processes: number, clock: Clock, handleLifetime: Duration | undefined): LocalFallback {
  const memory: SyncStore = memoryStore({ clock, handleLifetime })
  const shareOf = localShare(processes)
  const holds = new WeakSet<Hold>()

  function decideHere(charges: readonly Charge[], call: Call): Verdict {
    const parts = charges.map((charge) => ({ ...charge, terms: shareOf(charge.terms) }))
    const verdict = memory.decide({ ...call, charges: parts, undo: call.undo.filter((hold) => holds.has(hold)) })
    if (verdict.hold !== null) holds.add(verdict.hold)
    const unknown = verdict.allowed ? [] : namesBeyondShare(verdict, charges, parts)
    return { ...verdict, decidedBy: 'local', ...(unknown.length > 0 && { unavailable: unknown }) }
  }

  return {
    decide(call) {
      const modeOf = ({ limit }: Charge): OnOutage => limit.onOutage ?? onOutage
      const denied = call.charges.filter((charge) => modeOf(charge) === 'deny' && !charge.limit.shadow && charge.cost > 0)
      if (denied.length > 0) return { ...nothingApplies, allowed: false, unavailable: denied.map(({ limit }) => limit.name) }
      const local = call.charges.filter((charge) => modeOf(charge) === 'local')
      return local.length === 0 ? nothingApplies : decideHere(local, call)
    },
    made: (hold) => holds.has(hold),
    settle: (hold, actual) => memory.settle(hold, actual),
    renew: (hold) => memory.renew(hold),
    reset: (limit, key) => memory.reset(limit, key),
    resetAll: (limit) => memory.resetAll(limit),
    block: (limit, key, durationMs) => blockIfRoom(memory, limit, key, durationMs),
    close: () => void memory.close(),
  }
}

/** What the store blocks is also known here, as long as there is room. */
function blockIfRoom(memory: SyncStore, limit: LimitFacts, key: string, durationMs: number): void {
  try {
    memory.block(limit, key, durationMs)
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === 'SLUICE_BLOCKS_MANY')) throw error
  }
}

/**
 * Limits that refused a cost which is too much for the part of one process, but not for the whole. When the cost may pass is unknown here.
 */
function namesBeyondShare({ limits }: Verdict, charges: readonly Charge[], parts: readonly Charge[]): string[] {
  const refused = charges.filter((_, i) => !limits[i]!.allowed && !limits[i]!.shadow)
  if (refused.some((charge) => charge.cost > charge.terms.rule.capacity)) return []
  return refused.filter((charge) => exceedsShareAlone(charge, parts[charges.indexOf(charge)]!.terms.rule)).map(({ limit }) => limit.name)
}
