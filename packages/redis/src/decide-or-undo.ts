/** Deciding a later stage of a request. A refusal is told as if the earlier stages had been given back, and gives nothing back. */
import type { Call, Verdict } from '@sluice/core'
import { addCall, argsOf, emptyRequest } from './call-text.ts'
import { releaseLostSlots } from './lost-slots.ts'
import type { Means } from './means.ts'
import { readRows } from './rows.ts'
import { run } from './run.ts'
import { scripts } from './scripts.generated.ts'
import { handleOf, timeAndEpoch } from './settle.ts'
import { leaseName } from './slots.ts'
import { chargeOf, verdictAfterUndo, verdictOf } from './verdict.ts'

/** One script, one round trip; the call and its holds are in one slot. */
export async function decideLaterStageHere(means: Means, call: Call, deadlineMs: number): Promise<Verdict> {
  const { keys } = means
  const { migrate } = call
  const request = emptyRequest()
  const named = { call, leaseName: call.action === 'reserve' ? leaseName(call.charges) : '' }
  addCall(request, named, keys)
  request.words.unshift(String(request.keys.length))
  for (const hold of call.undo) {
    const { entries } = hold
    const handle = handleOf(means, hold)
    request.keys.push(handle.key)
    request.words.push(...handle.args)
    addCall(request, { call: { action: 'peek', migrate, charges: entries.map(chargeOf) }, leaseName: '' }, keys)
    request.words.push(...entries.map(timeAndEpoch))
    request.words.push(...entries.flatMap(({ lease }) => lease ?? []))
  }
  const terms = [...call.charges, ...call.undo.flatMap(({ entries }) => entries)].map((one) => one.terms)
  const errand = { script: scripts.decideLaterStage, keys: request.keys, args: argsOf(request), terms }
  const reply = await run(means, errand, deadlineMs).catch((error: unknown) => {
    releaseLostSlots(means, [named], error)
    throw error
  })
  const rows = readRows(reply)
  return rows.number() === 1 ? verdictOf(means, named, rows) : verdictAfterUndo(call, rows)
}
