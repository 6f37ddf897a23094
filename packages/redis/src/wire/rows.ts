/** What the scripts reply for a bucket: rows of numbers, made into the states and statuses of the core. See add_row in lua/calls.lua. */
import type { Charge, LimitStatus, Micros, Terms } from '@sluice/core'
import type { BucketState } from '@sluice/core/internal'
import { blockedStatus, guaranteedStatusOf, type SlotsHeld, slotStatusOf, statusOf } from '@sluice/core/internal'
import { slotsRule } from '../kinds/concurrency.ts'
import { guaranteedRule } from '../kinds/guaranteed.ts'
import { listOf, numberOf } from './replies.ts'
import { readTerms } from './terms-text.ts'

/** A reply: numbers, which are strings where they are large, texts of terms, and logs. */
export type Reply = readonly (number | string | readonly number[])[]

/** A reply with the place up to which it was read. */
export interface Rows {
  readonly now: Micros
  /** The next number. */
  number(): number
  /** The next row, of a bucket that was asked under these terms. */
  row(terms: Terms): Row
}

/** A bucket after a call. */
export interface Row {
  readonly admits: boolean
  /** Of slots: how many are held, and when the first and the last of them end. */
  readonly state: BucketState
  readonly blockedUs: Micros
  readonly terms: Terms
  /** Of a guaranteed share that refuses: until it admits the cost; -1 if it never does. */
  readonly retryUs: Micros
  /** See `bucket.ts` of the core; 0 if no change matters. */
  readonly epoch: Micros
  /** The terms that the bucket had, as text, if the call brought another rule of the same version. */
  readonly replaced: string | undefined
}

/** Reads a reply that begins with the time. @throws SluiceError `SLUICE_STORE` where something is missing */
export function readRows(received: unknown): Rows {
  const reply = listOf<Reply[number]>(received, 1)
  const now = numberOf(reply[0])
  let at = 1
  const next = (): number => numberOf(reply[at++])
  return {
    now,
    number: next,
    row(own) {
      const code = next()
      const used = next()
      const last = code & 2 ? next() : now
      const carried = code & 4 ? reply[at++]! : 0
      const blockedUs = code & 8 ? next() : 0
      const terms = code & 16 ? readTerms(String(reply[at++])) : own
      const retryUs = code & 32 ? next() : 0
      const epoch = code & 64 ? next() : 0
      const replaced = code & 128 ? String(reply[at++]) : undefined
      return { admits: (code & 1) === 1, state: stateOf(used, last, carried), blockedUs, terms, retryUs, epoch, replaced }
    },
  }
}

/** A state as the scripts have it: what is carried is a number, or the summary of a log. */
export function stateOf(used: number, last: Micros, carried: Reply[number]): BucketState {
  if (typeof carried !== 'object') return { used, last, carried: Number(carried) }
  return { used, last, carried: 0, log: { entries: carried.map(Number), length: carried.length, total: used } }
}

/** The status of a limit. */
export function rowStatus(own: Pick<Charge, 'limit' | 'cost'>, row: Row, now: Micros): LimitStatus {
  const open = openStatus(own, row, now)
  return row.blockedUs === 0 ? open : blockedStatus(open, row.blockedUs)
}

function openStatus({ limit, cost }: Pick<Charge, 'limit' | 'cost'>, row: Row, now: Micros): LimitStatus {
  const { admits, state, terms } = row
  const slots = slotsRule(terms)
  if (slots !== undefined) return slotStatusOf(limit, slots, slotsOf(state), now, cost, admits)
  const guaranteed = guaranteedRule(terms)
  if (guaranteed === undefined) return statusOf(limit, terms.rule, state, now, cost, admits)
  return guaranteedStatusOf(limit, guaranteed, state, now, cost, { admits, retryUs: row.retryUs < 0 ? null : row.retryUs })
}

function slotsOf({ used, last, carried }: BucketState): SlotsHeld {
  return { held: used, firstEnd: last, lastEnd: carried }
}
