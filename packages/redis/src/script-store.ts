/** The Redis store without its outages: every method is one script, as in the memory store it is one step. */
import type { Call, Hold, Settled, Store } from '@sluice/core'
import { decideLaterStage } from '@sluice/core/internal'
import { blockedKeys, blockKey, forgetAllKeys, forgetKey, strikeKey } from './admin/blocking.ts'
import { inspectBucket } from './admin/inspect.ts'
import { decideAcrossSlots, isInOneSlot, partsBySlot, renewAcrossSlots, settleAcrossSlots } from './decide/across-slots.ts'
import { callGroups } from './decide/decide-group.ts'
import { decideLaterStageInOneSlot } from './decide/decide-later-stage.ts'
import { checkWork, fits, mostLimits } from './decide/script-work.ts'
import { refundInOneSlot } from './decide/settle.ts'
import { slotsRule } from './kinds/concurrency.ts'
import { oneAtATime } from './refusals/one-at-a-time.ts'
import type { StoreContext } from './run-script.ts'

/** @param timeoutMs - how long callers wait: what could not be sent by then is not sent */
export function scriptStore(context: StoreContext, timeoutMs: number): Store {
  const { connection, checkColocation } = context
  const groups = callGroups(context)
  const oneByOne = oneAtATime(context.refusals)
  const deadline = (): number => performance.now() + timeoutMs
  /** The deadline of what goes by itself: it is sent after all calls that wait. */
  const afterOthers = (): number => {
    groups.flush()
    return deadline()
  }
  const settle = (hold: Hold, actual: readonly number[]): Promise<Settled> => settleAcrossSlots(context, hold, actual, deadline())
  const giveBack = (hold: Hold): Promise<Settled> => settle(hold, Array.from(hold.entries, nothingUsed))

  const store: Store = {
    sync: false,
    mostLimits,
    decide(call) {
      checkWork(call.charges)
      if (call.undo.length > 0) return decideLaterStage(call, { store, giveBack, isAwaited: () => true })
      checkColocation(call.charges)
      const deadlineMs = deadline()
      return oneByOne(call, deadlineMs, () =>
        isInOneSlot(context, call.charges) ? groups.decide(call, deadlineMs) : decideAcrossSlots(context, groups.decide, call, deadlineMs),
      )
    },
    decideLaterStage(call) {
      checkWork(call.charges)
      checkColocation(call.charges)
      return canDecideInOneScript(context, call) ? decideLaterStageInOneSlot(context, call, afterOthers()) : undefined
    },
    // These only give back or prolong. They may overtake calls that wait, which leaves groups whole.
    settle,
    renew: (hold) => renewAcrossSlots(context, hold, deadline()),
    async refund(charges) {
      const counting = charges.filter(({ terms }) => slotsRule(terms) === undefined)
      if (counting.length === 0) return
      checkWork(counting)
      const deadlineMs = afterOthers()
      await Promise.all(partsBySlot(context, counting).map((part) => refundInOneSlot(context, part, deadlineMs)))
    },
    inspect: (limit, key, terms, migrate) => inspectBucket(context, limit, key, terms, migrate, afterOthers()),
    reset: (limit, key) => forgetKey(context, limit, key, afterOthers()),
    resetAll: (limit) => forgetAllKeys(context, limit, afterOthers()),
    block: (limit, key, durationMs) => blockKey(context, limit, key, durationMs, afterOthers()),
    strike: (limit, key) => strikeKey(context, limit, key, deadline()),
    blocked: (limit, most) => blockedKeys(context, limit, most, deadline()),
    close() {
      context.refusals?.forgetAll()
      groups.flush()
      return connection.close()
    },
  }
  return store
}

/** Whether one script can reach the buckets of a call and of its earlier stages, and they are not too many for one. */
function canDecideInOneScript(context: StoreContext, { charges, undo }: Call): boolean {
  const all = [...charges, ...undo.flatMap(({ entries }) => entries)]
  return isInOneSlot(context, all) && fits(all)
}

function nothingUsed(): number {
  return 0
}
