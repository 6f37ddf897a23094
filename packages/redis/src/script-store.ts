/** The Redis store without its outages: every method is one script, as in the memory store it is one step. */
import type { Call, Hold, Settled, Store, Verdict } from '@sluice/core'
import { decideLaterStage } from '@sluice/core/internal'
import { blockedKeys, blockKey, forgetKey, strikeKey } from './blocking.ts'
import type { NamedCall } from './call-text.ts'
import { decideApart, renewApart, settleApart } from './decide-apart.ts'
import { decideGroup } from './decide-group.ts'
import { decideLaterStageHere } from './decide-or-undo.ts'
import { type GroupCommit, groupCommit } from './group-commit.ts'
import { inspectBucket } from './inspect.ts'
import type { Means } from './means.ts'
import { apart, together } from './places.ts'
import { refundHere } from './refund.ts'
import { keepsOrder } from './run.ts'
import { checkWork, countTogether, fits, mostLimits } from './script-work.ts'
import { leaseName, slotsRule } from './slots.ts'

/** @param timeoutMs - how long callers wait: what could not be sent by then is not sent */
export function scriptStore(means: Means, timeoutMs: number): Store {
  const { connection, keys, checkPlaces } = means
  const deadline = (): number => performance.now() + timeoutMs
  const groups = new Map<string, GroupCommit<NamedCall, Verdict>>()

  /** The group that a call can go with: in a Cluster those in its slot. */
  function groupOf(call: Call): GroupCommit<NamedCall, Verdict> {
    const place = connection.isCluster ? keys.tagOf(call.charges[0]!.key) : ''
    const known = groups.get(place)
    if (known !== undefined) return known
    const group = groupCommit<NamedCall, Verdict>(
      countTogether,
      (calls) => decideGroup(means, calls),
      () => keepsOrder(means),
      () => void (connection.isCluster && groups.delete(place)),
    )
    groups.set(place, group)
    return group
  }

  /** The deadline of what goes by itself, which is sent after whoever has asked before. */
  function afterOthers(): number {
    for (const group of groups.values()) group.flush()
    return deadline()
  }

  const decideHere = (call: Call, deadlineMs: number): Promise<Verdict> =>
    groupOf(call).ask({ call, leaseName: call.action === 'reserve' ? leaseName(call.charges) : '' }, deadlineMs)

  const settle = (hold: Hold, actual: readonly number[]): Promise<Settled> => settleApart(means, hold, actual, deadline())
  const giveBack = (hold: Hold): Promise<Settled> => settle(hold, Array.from(hold.entries, nothingUsed))

  const store: Store = {
    sync: false,
    mostLimits,
    decide(call) {
      checkWork(call.charges)
      if (call.undo.length > 0) return decideLaterStage(call, { store, giveBack, isAwaited: () => true })
      checkPlaces(call.charges)
      return together(means, call.charges) ? decideHere(call, deadline()) : decideApart(means, decideHere, call, deadline())
    },
    /** One script, where that can reach the buckets of the call and of its earlier stages, and they are not too many for one. */
    decideLaterStage(call) {
      checkWork(call.charges)
      checkPlaces(call.charges)
      const all = [...call.charges, ...call.undo.flatMap(({ entries }) => entries)]
      return together(means, all) && fits(all) ? decideLaterStageHere(means, call, afterOthers()) : undefined
    },
    // Settlements only give back or lengthen: that they overtake who waits does nobody harm, and leaves groups whole.
    settle,
    renew: (hold) => renewApart(means, hold, deadline()),
    async refund(charges) {
      const counting = charges.filter(({ terms }) => slotsRule(terms) === undefined)
      if (counting.length === 0) return
      checkWork(counting)
      const deadlineMs = afterOthers()
      await Promise.all(apart(means, counting).map((part) => refundHere(means, part, deadlineMs)))
    },
    inspect: (limit, key, terms) => inspectBucket(means, limit, key, terms, afterOthers()),
    reset: (limit, key) => forgetKey(means, limit, key, afterOthers()),
    block: (limit, key, durationMs) => blockKey(means, limit, key, durationMs, afterOthers()),
    strike: (limit, key) => strikeKey(means, limit, key, deadline()),
    blocked: (limit, most) => blockedKeys(means, limit, most, deadline()),
    close() {
      afterOthers()
      return connection.close()
    },
  }
  return store
}

function nothingUsed(): number {
  return 0
}
