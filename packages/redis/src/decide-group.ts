/** Deciding calls together: one script, one round trip, one call after the other. */
import type { Verdict } from '@sluice/core'
import { addCall, argsOf, emptyRequest, type NamedCall } from './call-text.ts'
import type { Waiting } from './group-commit.ts'
import { releaseLostSlots } from './lost-slots.ts'
import type { Means } from './means.ts'
import { readRows } from './rows.ts'
import { run } from './run.ts'
import { scripts } from './scripts.generated.ts'
import { verdictOf } from './verdict.ts'

type WaitingCall = Waiting<NamedCall, Verdict>

/** Sends calls together and settles each of them. They are in one slot and have nothing to give back. */
export async function decideGroup(means: Means, group: readonly WaitingCall[]): Promise<void> {
  const request = emptyRequest()
  const sent = group.filter((waiting) => adds(waiting, () => addCall(request, waiting.question, means.keys)))
  if (sent.length === 0) return
  try {
    const errand = { script: scripts.decide, keys: request.keys, args: argsOf(request), terms: request.byCalendar }
    const rows = readRows(await run(means, errand, Math.max(...sent.map(({ deadlineMs }) => deadlineMs))))
    for (const { question, resolve } of sent) resolve(verdictOf(means, question, rows))
  } catch (error) {
    if (sent.length > 1 && isBetweenNodes(error)) await Promise.all(sent.map((waiting) => decideGroup(means, [waiting])))
    else fail(means, sent, error)
  }
}

function fail(means: Means, sent: readonly WaitingCall[], error: unknown): void {
  const calls = sent.map(({ question }) => question)
  releaseLostSlots(means, calls, error)
  for (const { reject } of sent) reject(error)
}

/** A fault of one call, such as a rule that no script knows, is none of the others. */
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
 * Nothing has run: the slot is moving and the keys of the group are on both sides, so that the client was sent from one to the other
 * until it gave up. A single key is always on one side.
 */
function isBetweenNodes(error: unknown): boolean {
  return error instanceof Error && /^TRYAGAIN|^Too many Cluster redirections/.test(error.message)
}
