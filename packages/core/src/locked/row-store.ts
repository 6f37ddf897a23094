/** The verbs of a store of rows: each is one transaction, which a memory store on its rows decides. */
import { SLUICE_BLOCKS_MANY } from '../errors.ts'
import { memoryKindOf } from '../memory/memory-charges.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Call, Charge, LimitFacts, Store, Verdict } from '../store.ts'
import { isFull, mostBlocked } from './blocked-list.ts'
import type { BucketAt } from './row-buckets.ts'
import type { LockedHold } from './row-holds.ts'
import { revivedTerms } from './row-text.ts'
import { listBlocked, type RowContext, startGenerations, type Transaction, transact } from './transact.ts'

/** The store without its outages. */
export function rowStore(context: RowContext): Store {
  const withHold = <T>(given: LockedHold, run: (transaction: Transaction) => T): Promise<T> => {
    const hold = { ...given, entries: given.entries.map((held) => ({ ...held, terms: revivedTerms(held.terms) })) }
    return transact(context, { buckets: bucketsOf(hold.entries), holds: [hold] }, run)
  }

  function decide(call: Call, keepsHolds: (verdict: Verdict) => boolean): Promise<Verdict> {
    const holds = call.undo as readonly LockedHold[]
    const held = holds.flatMap(({ entries }) => bucketsOf(entries))
    const buckets = eachOnce([...bucketsOf(call.charges), ...held])
    const isLook = call.action === 'peek' && holds.length === 0
    return transact(context, { buckets, holds, isLook }, (transaction) => {
      const verdict = transaction.store.decide({ ...call, undo: transaction.held })
      if (keepsHolds(verdict)) transaction.leave(held)
      return { ...verdict, hold: transaction.holdOf(verdict.hold) }
    })
  }

  return {
    sync: false,
    decide: (call) => decide(call, () => false),
    // It is decided as if the earlier stages had been given back, and their rows are then left as they were.
    decideLaterStage: (call) => decide(call, ({ allowed }) => !allowed),
    settle: (hold, actual) => withHold(hold as LockedHold, ({ store, held }) => store.settle(held[0]!, actual)),
    renew: (hold) => withHold(hold as LockedHold, ({ store, held }) => store.renew(held[0]!)),
    refund: (charges) => transact(context, { buckets: bucketsOf(charges) }, ({ store }) => store.refund(charges)),
    inspect: (limit, key, terms, migrate) =>
      transact(context, { buckets: [{ limit: limit.name, key }], isLook: true }, ({ store }) => store.inspect(limit, key, terms, migrate)),
    reset: (limit, key) => transact(context, { buckets: withBans(limit, key) }, ({ store }) => store.reset(limit, key)),
    resetAll: ({ name, ban }) =>
      startGenerations(context, ban === undefined ? [name] : [name, ban.strikes.limit.name, ban.levels.limit.name]),
    block: (limit, key, durationMs) =>
      transact(context, { buckets: withBans(limit, key) }, ({ store, blockedIn }) => {
        if (durationMs > 0 && isFull(blockedIn(limit.name), key)) throw new SluiceError(SLUICE_BLOCKS_MANY, { most: mostBlocked })
        store.block(limit, key, durationMs)
      }),
    async strike(limit, key) {
      if (limit.ban === undefined) return null
      return transact(context, { buckets: withBans(limit, key) }, ({ store, blockedIn }) =>
        isFull(blockedIn(limit.name), key) ? null : store.strike(limit, key),
      )
    },
    blocked: (limit, most) => listBlocked(context, limit.name, most),
    close: () => context.close?.(),
  }
}

/** The buckets that charges read or write, each once. */
function bucketsOf(charges: readonly Pick<Charge, 'limit' | 'key' | 'terms'>[]): readonly BucketAt[] {
  return eachOnce(
    charges.flatMap(({ limit, key, terms }) => [
      { limit: limit.name, key },
      ...(memoryKindOf(terms.rule)?.bucketsBeside?.(limit, charges) ?? []),
    ]),
  )
}

/** The bucket of a key, and those of the bans of its limit. */
function withBans({ name, ban }: LimitFacts, key: string): readonly BucketAt[] {
  const own = { limit: name, key }
  return ban === undefined ? [own] : [own, { limit: ban.strikes.limit.name, key }, { limit: ban.levels.limit.name, key }]
}

function eachOnce(buckets: readonly BucketAt[]): readonly BucketAt[] {
  const seen = new Map(buckets.map((at) => [JSON.stringify([at.limit, at.key]), at]))
  return [...seen.values()]
}
