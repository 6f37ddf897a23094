/** The Redis store without its outages: every method is one script, as in the memory store it is one step. */
import type { Call, Store, Verdict } from '@sluice/core'
import { blockedKeys, blockKey, forgetKey, strikeKey } from './blocking.ts'
import type { NamedCall } from './call-text.ts'
import { decideApart, giveBack, look, renewApart, settleApart } from './decide-apart.ts'
import { decideGroup } from './decide-group.ts'
import { decideOrUndo } from './decide-or-undo.ts'
import { type GroupCommit, groupCommit } from './group-commit.ts'
import { holdId } from './hold-id.ts'
import { inspectBucket } from './inspect.ts'
import type { Means } from './means.ts'
import { apart, together } from './places.ts'
import { refundHere } from './refund.ts'
import { keepsOrder } from './run.ts'
import { slotsRule } from './slots.ts'

/** Calls in one script at most: it keeps the server for well under a millisecond. */
const mostTogether = 64

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
      mostTogether,
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
    groupOf(call).ask({ call, name: call.action === 'reserve' ? holdId() : '' }, deadlineMs)

  /** Holds in the slot of the call are given back in the same step, others after it. */
  async function decideWithUndo(call: Call, deadlineMs: number): Promise<Verdict> {
    const near = call.undo.filter(({ entries }) => together(means, [...call.charges, ...entries]))
    const far = call.undo.filter((hold) => !near.includes(hold))
    const verdict = await decideOrUndo(means, { ...call, undo: near }, deadlineMs)
    if (verdict.allowed || far.length === 0) return verdict
    const given = await giveBack(means, far, deadlineMs)
    return { ...verdict, undone: [...verdict.undone, ...(await look(means, decideHere, given, call, deadlineMs))] }
  }

  return {
    sync: false,
    decide(call) {
      checkPlaces(call.charges)
      if (call.undo.length === 0 && together(means, call.charges)) return decideHere(call, deadline())
      return together(means, call.charges) ? decideWithUndo(call, afterOthers()) : decideApart(means, decideHere, call, deadline())
    },
    // Settlements only give back or lengthen: that they overtake who waits does nobody harm, and leaves groups whole.
    settle: (hold, actual) => settleApart(means, hold, actual, deadline()),
    renew: (hold) => renewApart(means, hold, deadline()),
    async refund(charges) {
      const counting = charges.filter(({ terms }) => slotsRule(terms) === undefined)
      if (counting.length === 0) return
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
}
