/** Deciding a group of calls in one script and one round trip, one call after the other. */
import type { Call, Verdict } from '@sluice/core'
import { leaseName } from '../kinds/concurrency.ts'
import { keepsOrder, runScript, type StoreContext } from '../run-script.ts'
import { addCall, argsOf, emptyRequest, type NamedCall } from '../wire/call-text.ts'
import { readRows } from '../wire/rows.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { type GroupCommit, groupCommit, type Waiting } from './group-commit.ts'
import { releaseLostSlots } from './lost-slots.ts'
import { countInOneGroup } from './script-work.ts'
import { verdictOf } from './verdict.ts'

type WaitingCall = Waiting<NamedCall, Verdict>

/** Calls that go to Redis in groups: in a Cluster one group for each slot, and else one for all. */
export interface CallGroups {
  /** Decides a call whose keys are in one slot, with others that wait. */
  decide(call: Call, deadlineMs: number): Promise<Verdict>
  /** Sends all calls that wait. */
  flush(): void
}

export function callGroups(context: StoreContext): CallGroups {
  const { connection, keys } = context
  const groups = new Map<string, GroupCommit<NamedCall, Verdict>>()

  function groupOf(call: Call): GroupCommit<NamedCall, Verdict> {
    const tag = connection.isCluster ? keys.tagOf(call.charges[0]!.key) : ''
    const known = groups.get(tag)
    if (known !== undefined) return known
    const group = groupCommit<NamedCall, Verdict>({
      countInOneGroup,
      connected: context.connected,
      send: (calls) => decideGroup(context, calls),
      mayOverlap: () => keepsOrder(context),
      onIdle: () => void (connection.isCluster && groups.delete(tag)),
    })
    groups.set(tag, group)
    return group
  }

  return {
    decide: (call, deadlineMs) =>
      groupOf(call).ask({ call, leaseName: call.action === 'reserve' ? leaseName(call.charges) : '' }, deadlineMs),
    flush() {
      for (const group of groups.values()) group.flush()
    },
  }
}

/** Sends a group of calls and settles each of them. They are in one slot and have nothing to give back. */
async function decideGroup(context: StoreContext, group: readonly WaitingCall[]): Promise<void> {
  const request = emptyRequest()
  const sent = group.filter((waiting) => adds(waiting, () => addCall(request, waiting.question, context.keys)))
  if (sent.length === 0) return
  context.sent.scripts += 1
  context.sent.calls += sent.length
  request.keys.push(context.keys.generations(request.keys[0]!))
  const { refusals } = context
  const sentUs = refusals?.nowUs()
  try {
    const scriptCall = { script: scripts.decide, keys: request.keys, args: argsOf(request), terms: request.byCalendar }
    const rows = readRows(await runScript(context, scriptCall, Math.max(...sent.map(({ deadlineMs }) => deadlineMs))))
    const roundTrip = sentUs === undefined ? undefined : { sentUs, receivedUs: refusals!.nowUs() }
    for (const { question, resolve } of sent) resolve(verdictOf(context, question, rows, roundTrip))
  } catch (error) {
    if (sent.length > 1 && isBetweenNodes(error)) await Promise.all(sent.map((waiting) => decideGroup(context, [waiting])))
    else fail(context, sent, error)
  }
}

function fail(context: StoreContext, sent: readonly WaitingCall[], error: unknown): void {
  const calls = sent.map(({ question }) => question)
  releaseLostSlots(context, calls, error)
  for (const { reject } of sent) reject(error)
}

/** Whether a call could be added. A fault of one call, such as a rule that no script knows, does not fail the others. */
function adds({ reject }: WaitingCall, add: () => void): boolean {
  try {
    add()
    return true
  } catch (error) {
    reject(error)
    return false
  }
}

/**
 * Whether nothing has run because the slot is moving. Then the keys of the group are on both sides, and the client was sent from one side to
 * the other until it gave up. A single key is always on one side.
 */
function isBetweenNodes(error: unknown): boolean {
  return error instanceof Error && /^TRYAGAIN|^Too many Cluster redirections/.test(error.message)
}
