/** Running a script, with the calendars that it needs. */
import type { Hold, Micros, Terms } from '@sluice/core'
import type { Connection } from '../connection/connection.ts'
import { type Calendar, calendarLine, calendarsOf, missingCalendar } from '../kinds/calendar-window.ts'
import type { BucketKeys } from './bucket-key.ts'
import type { CheckColocation } from './colocate.ts'
import type { Script } from './scripts.generated.ts'
import type { SettlementIds } from './settlement-id.ts'

/** What the parts of one store share. */
export interface StoreContext {
  readonly connection: Connection
  /** Waits until the first calls can be sent; `undefined` where they can. @param deadlineMs - by `performance.now()` */
  connected(deadlineMs: number): Promise<void> | undefined
  readonly keys: BucketKeys
  readonly checkColocation: CheckColocation
  readonly settlementIds: SettlementIds
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

/** Calendars that one call may lack: those of the rules that its buckets had before. */
const mostUnforeseen = 3

export function runScript(context: StoreContext, scriptCall: ScriptCall, deadlineMs: number): Promise<unknown> {
  const calendars = calendarsOf(scriptCall.terms)
  return runWith(calendars, calendars.length === 0 ? 0 : likelyNowUs(context), context, scriptCall, deadlineMs, mostUnforeseen)
}

/** How far the clock of a server was ahead of that of this process, in microseconds, when a script last said so. */
const aheadUs = new WeakMap<Connection, number>()

/** The time of the server, as good as this process knows it. A script whose windows lie elsewhere is sent again by its own time. */
function likelyNowUs({ connection, nowText }: StoreContext): Micros {
  return Number(nowText()) || Date.now() * 1000 + (aheadUs.get(connection) ?? 0)
}

/** Promises in a row, not an async function: nearly every request needs none of what happens after an error. */
function runWith(
  calendars: readonly Calendar[],
  nowUs: Micros,
  context: StoreContext,
  scriptCall: ScriptCall,
  deadlineMs: number,
  unforeseen: number,
): Promise<unknown> {
  const { connection } = context
  if (calendars.length > 0) withCalendars.add(connection)
  // Good to a window: those before and after are listed too, and the script chooses by its own clock.
  const clock = context.nowText() + calendars.map((calendar) => calendarLine(calendar, nowUs)).join('')
  return connection.run(scriptCall.script, scriptCall.keys, [clock, ...scriptCall.args], deadlineMs).catch((error: unknown) => {
    const missing = missingCalendar(error)
    if (missing === undefined || unforeseen === 0 || performance.now() >= deadlineMs) throw error
    if (context.nowText() === '') aheadUs.set(connection, missing.nowUs - Date.now() * 1000)
    const known = calendars.includes(missing.calendar) ? calendars : [...calendars, missing.calendar]
    return runWith(known, missing.nowUs, context, scriptCall, deadlineMs, unforeseen - 1)
  })
}
