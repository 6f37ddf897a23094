/** Deciding a later stage of a request. A refusal describes the limits as if the earlier stages were given back, and gives nothing back. */
import type { Call, Verdict } from '@sluice/core'
import { leaseName } from '../kinds/concurrency.ts'
import { runScript, type StoreContext } from '../run-script.ts'
import { addCall, argsOf, emptyRequest } from '../wire/call-text.ts'
import { readRows } from '../wire/rows.ts'
import { scripts } from '../wire/scripts.generated.ts'
import { releaseLostSlots } from './lost-slots.ts'
import { handleOf, timeAndEpoch } from './settle.ts'
import { chargeOf, verdictOf, verdictWithoutHolds } from './verdict.ts'

/** Decides in one script. The call and its holds are in one slot. */
export async function decideLaterStageInOneSlot(context: StoreContext, call: Call, deadlineMs: number): Promise<Verdict> {
  const { keys } = context
  const { migrate } = call
  const request = emptyRequest()
  const named = { call, leaseName: call.action === 'reserve' ? leaseName(call.charges) : '' }
  addCall(request, named, keys)
  request.args.unshift(String(request.keys.length))
  for (const hold of call.undo) {
    const { entries } = hold
    const handle = handleOf(context, hold)
    request.keys.push(handle.key)
    request.args.push(...handle.args)
    addCall(request, { call: { action: 'peek', migrate, charges: entries.map(chargeOf) }, leaseName: '' }, keys)
    request.args.push(...entries.map(timeAndEpoch))
    request.args.push(...entries.flatMap(({ lease }) => lease ?? []))
  }
  request.keys.push(keys.generations(request.keys[0]!))
  const terms = [...call.charges, ...call.undo.flatMap(({ entries }) => entries)].map((one) => one.terms)
  const scriptCall = { script: scripts.decideLaterStage, keys: request.keys, args: argsOf(request), terms }
  const reply = await runScript(context, scriptCall, deadlineMs).catch((error: unknown) => {
    releaseLostSlots(context, [named], error)
    throw error
  })
  const rows = readRows(reply)
  return rows.number() === 1 ? verdictOf(context, named, rows) : verdictWithoutHolds(call, rows)
}
