/** Running a script, with the calendars that it needs. */
import type { Hold, Micros, Terms } from '@sluice/core'
import type { Connection } from './connection/connection.ts'
import type { BucketKeys } from './keys/bucket-key.ts'
import type { CheckColocation } from './keys/colocate.ts'
import { addMissing, type Calendars, calendarLines, calendarsOf } from './kinds/calendar-window.ts'
import type { RememberedRefusals } from './refusals/remembered-refusals.ts'
import { type Script, scripts } from './wire/scripts.generated.ts'
import type { SettlementIds } from './wire/settlement-id.ts'

/** What the parts of one store share. */
export interface StoreContext {
  readonly connection: Connection
  /** Waits until the first calls can be sent; `undefined` where they can. @param deadlineMs - by `performance.now()` */
  connected(deadlineMs: number): Promise<void> | undefined
  readonly keys: BucketKeys
  readonly checkColocation: CheckColocation
  readonly settlementIds: SettlementIds
  /** `undefined` where every call goes to Redis. */
  readonly refusals?: RememberedRefusals | undefined
  /** What this store has sent so far. */
  readonly sent: { scripts: number; calls: number }
  /** How long a reservation can be settled, in milliseconds. */
  readonly handleLifetimeMs: number
  /** Gives a hold back, now or as soon as Redis takes it. No call waits for the answer. */
  giveBackLater(hold: Hold): void
  /** Microseconds since 1970, in a test; empty if the server's clock counts. */
  nowText(): string
}

/** What a script is called with. */
export interface ScriptCall {
  readonly script: Script
  /** All in one slot. */
  readonly keys: readonly string[]
  /** What follows the clock and the calendars. */
  readonly args: readonly string[]
  /** The terms that the call brings. */
  readonly terms: readonly Terms[]
}

/** Connections on which requests bring calendars. Such a request may lack one, and then is sent again. */
const withCalendars = new WeakSet<Connection>()

/**
 * Whether of two requests that are sent one after the other the first is decided first: neither will have to be sent again.
 * It is not foreseen that a rule which followed a calendar was changed before this process began.
 */
export function keepsOrder({ connection }: StoreContext): boolean {
  return connection.keepsOrder && !withCalendars.has(connection)
}

/** How often one call is sent again for a calendar: that of a rule that a bucket had before, or a moment that lies far back. */
const mostUnforeseen = 10

export function runScript(context: StoreContext, scriptCall: ScriptCall, deadlineMs: number): Promise<unknown> {
  const calendars = calendarsOf(scriptCall.terms)
  const run = (): Promise<unknown> =>
    runWith(calendars, calendars.size === 0 ? 0 : likelyNowUs(context), context, scriptCall, deadlineMs, mostUnforeseen)
  const { refusals } = context
  return refusals === undefined || givesNothingBack.has(scriptCall.script) ? run() : forgetting(refusals, scriptCall, run)
}

/** Scripts after which each bucket still refuses what it refused before. The script that decides says how its buckets stand. */
const givesNothingBack: ReadonlySet<Script> = new Set([scripts.decide, scripts.inspect, scripts.renew, scripts.blocked, scripts.check])

/** Forgets what was refused by the buckets of a script: before it is sent, and again for what was learnt while it was in flight. */
function forgetting(refusals: RememberedRefusals, { script, keys }: ScriptCall, run: () => Promise<unknown>): Promise<unknown> {
  const forget = script === scripts.resetAll ? refusals.forgetAll : (): void => refusals.forget(keys)
  forget()
  return run().finally(forget)
}

/** How far the clock of a server was ahead of that of this process, in microseconds, when a script last said so. */
const aheadUs = new WeakMap<Connection, number>()

/** The time of the server, as good as this process knows it. A script whose windows lie elsewhere is sent again by its own time. */
function likelyNowUs({ connection, nowText }: StoreContext): Micros {
  return Number(nowText()) || Date.now() * 1000 + (aheadUs.get(connection) ?? 0)
}

/** Promises in a row, not an async function: nearly every request needs none of what happens after an error. */
function runWith(
  calendars: Calendars,
  nowUs: Micros,
  context: StoreContext,
  scriptCall: ScriptCall,
  deadlineMs: number,
  unforeseen: number,
): Promise<unknown> {
  const { connection } = context
  if (calendars.size > 0) withCalendars.add(connection)
  // Good to a window: those before and after are listed too, and the script chooses by its own clock.
  const clock = calendars.size === 0 ? context.nowText() : context.nowText() + calendarLines(calendars, nowUs)
  return connection.run(scriptCall.script, scriptCall.keys, [clock, ...scriptCall.args], deadlineMs).catch((error: unknown) => {
    const serverUs = addMissing(calendars, error)
    if (serverUs === undefined || unforeseen === 0 || performance.now() >= deadlineMs) throw error
    if (context.nowText() === '') aheadUs.set(connection, serverUs - Date.now() * 1000)
    return runWith(calendars, serverUs, context, scriptCall, deadlineMs, unforeseen - 1)
  })
}
