/** The events of settlements, and the reports of stores that confirm a settlement later. */
import { parseKey } from '../key.ts'
import type { CallReport, StoreVerb } from '../limiter-event.ts'
import type { Observers } from '../observe.ts'
import { httpOf } from '../request-of-call.ts'
import type { HeldCharge, Hold, Settled, Store, Verdict } from '../store.ts'

/** Publishes what a settlement did to each limit. @param call - stands for the request, if any */
export function publishSettlement(
  { tell }: Observers,
  entries: readonly HeldCharge[],
  actual: readonly number[],
  settled: Settled,
  call: unknown,
): void {
  const http = httpOf(call)
  entries.forEach(({ limit, key, units }, i) => {
    tell({
      type: 'settled',
      limit: limit.name,
      key: parseKey(key),
      estimated: units,
      actual: actual[i]!,
      excess: settled.excess[i] ?? 0,
      late: settled.late === true,
      http,
    })
  })
}

/**
 * Publishes what a refusal gave back of earlier stages. A store says in `undone` what that was. What was decided without the store is
 * given back later.
 * @param call - stands for the request, if any
 */
export function publishReturns(watchers: Observers, holds: readonly Hold[], { decidedBy, undone }: Verdict, call: unknown): void {
  const isReturned = ({ limit }: HeldCharge): boolean => decidedBy !== 'store' || undone.some(({ name }) => name === limit.name)
  for (const { entries } of holds) {
    const returned = entries.filter(isReturned)
    publishSettlement(
      watchers,
      returned,
      returned.map(() => 0),
      { first: true, excess: [] },
      call,
    )
  }
}

/** Where a store reports on a call; `undefined` where nothing listens, or the store answers at once. */
export function storeReport({ watches, tell }: Observers, store: Store, verb: StoreVerb): CallReport | undefined {
  if (store.sync || !watches('store')) return undefined
  return {
    ended(durationMs, result, answer) {
      // A refusal that this process remembered took no call.
      if ((answer as Partial<Verdict> | undefined)?.decidedBy !== 'cache') tell({ type: 'store', verb, durationMs, result })
    },
  }
}

/** The same for a settlement, which the store may confirm only after its caller was answered. */
export function settlementReport(
  watchers: Observers,
  store: Store,
  { entries }: Hold,
  actual: readonly number[],
  call: unknown,
): CallReport | undefined {
  if (store.sync || !watchers.watches('settled')) return storeReport(watchers, store, 'settle')
  let isPublished = false
  return {
    ...storeReport(watchers, store, 'settle'),
    settled(answer) {
      if (!isPublished) publishSettlement(watchers, entries, actual, answer, call)
      isPublished = true
    },
  }
}
