/** Giving units back that nobody reserved. */
import type { Charge } from '@sluice/core'
import { guaranteedRule, isOrphan, recordKey } from './guarantees.ts'
import type { Means } from './means.ts'
import { run } from './run.ts'
import { scripts } from './scripts.generated.ts'

/** One script, one round trip; the buckets are in one slot. */
export async function refundHere(means: Means, charges: readonly Charge[], deadlineMs: number): Promise<void> {
  const { keys } = means
  const records: string[] = []
  const charged = charges.filter((charge) => !isOrphan(charge, charges))
  const args = charged.flatMap((charge) => {
    const record = guaranteedRule(charge.terms) === undefined ? 0 : charged.length + records.push(recordKey(charge, charges, keys))
    return [String(charge.cost), String(record)]
  })
  const buckets = charged.map(({ limit, key }) => keys.bucket(limit, key))
  const terms = charged.map((charge) => charge.terms)
  if (charged.length > 0) await run(means, { script: scripts.refund, keys: [...buckets, ...records], args, terms }, deadlineMs)
}
