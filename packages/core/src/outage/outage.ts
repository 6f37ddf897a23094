/** Answers in time whatever the store does: meanwhile limits are let through, refused, or enforced in this process. */

import { type Clock, systemClock } from '../clock.ts'
import { type Duration, parseDuration } from '../duration.ts'
import type { OnOutage } from '../limit.ts'
import { andThen } from '../maybe-promise.ts'
import type { StoreEvent } from '../observe.ts'
import { checkOptions, oneOf } from '../options.ts'
import { wholeNumber } from '../rules/whole-number.ts'
import type { Ban, Call, Hold, Store, Verdict } from '../store.ts'
import { warnOnce } from '../warn.ts'
import { inTime, storeError } from './in-time.ts'
import { standIn } from './stand-in.ts'

/** Options of {@link surviveOutages}, which a store that can be away takes among its own. */
export interface OutageOptions {
  /** How long a call may wait, from its arrival, until it is decided without the store. From 1 ms to 60 s. @default '100ms' */
  readonly timeout?: Duration | undefined
  /** What limits do that do not say it themselves. @default 'local' */
  readonly onOutage?: OnOutage | undefined
  /** How many processes share the store: with `local` each enforces its part of every limit. @default 1, with a warning */
  readonly processes?: number | undefined
  /** Where times are taken from. @default the system's */
  readonly clock?: Clock | undefined
}

const longestTimeoutMs = 60_000
const mostProcesses = 1_000_000

/**
 * A store that answers every call within `timeout`, whatever happens to the one behind it.
 *
 * A call without an answer by then is decided by each limit's `onOutage`: let through, refused as `unavailable`, or enforced in this
 * process, which takes its part of the limit. If it was sent it may stay charged; what arrives late changes nothing twice. After three
 * failures in a row an outage has begun; until it ends, one call at a time still goes to the store, to see whether it is back. What was
 * charged in this process is not carried over to the store, and is settled in this process.
 * @throws SluiceError `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_UNKNOWN`
 */
export function surviveOutages(store: Store, options: OutageOptions = {}): Store {
  checkOptions(options, 'surviveOutages', ['timeout', 'onOutage', 'processes', 'clock'])
  const clock = options.clock ?? systemClock()
  const timeoutMs = wholeNumber(parseDuration(options.timeout ?? '100ms', 'timeout'), 'timeout', 1, longestTimeoutMs)
  const onOutage = oneOf(options.onOutage ?? 'local', 'onOutage', ['allow', 'deny', 'local'])
  const processes = wholeNumber(options.processes ?? 1, 'processes', 1, mostProcesses)
  if (onOutage === 'local' && options.processes === undefined) warnOnce('SLUICE_PROCESSES', {})

  const watchers = new Set<(event: StoreEvent) => void>()
  const tell = (event: StoreEvent): void => {
    for (const watcher of watchers) watcher(event)
  }
  const questions = inTime(timeoutMs, clock, {
    began: (cause) => tell({ type: 'outage', error: storeError(cause), state: 'began' }),
    ended: (cause) => tell({ type: 'outage', error: storeError(cause), state: 'ended' }),
  })
  const here = standIn(onOutage, processes, clock)

  /** Gives back what nobody is going to settle; where the store is away it stays charged. */
  function release(hold: Hold): void {
    const nothingUsed = hold.entries.map(() => 0)
    if (here.made(hold)) here.settle(hold, nothingUsed)
    else
      void questions.ask(
        () => store.settle(hold, nothingUsed),
        () => notSettled(hold),
        ignore,
      )
  }

  function decide(call: Call): Verdict | Promise<Verdict> {
    // Nearly every call gives nothing back.
    return call.undo.length === 0 ? decideAlone(call) : decideWithUndo(call)
  }

  function decideAlone(call: Call): Verdict | Promise<Verdict> {
    return questions.ask(
      () => store.decide(call),
      () => here.decide(call),
      releaseLate,
    )
  }

  function decideWithUndo(call: Call): Verdict | Promise<Verdict> {
    const madeHere = call.undo.filter((hold) => here.made(hold))
    const asked = { ...call, undo: call.undo.filter((hold) => !here.made(hold)) }
    return questions.ask(
      () =>
        andThen(store.decide(asked), (verdict) => {
          if (!verdict.allowed) madeHere.forEach(release)
          return verdict
        }),
      () => {
        const verdict = here.decide(call)
        if (!verdict.allowed) asked.undo.forEach(release)
        return verdict
      },
      releaseLate,
    )
  }

  /** Nobody is told any more what a call reserved that was answered late. */
  function releaseLate({ hold }: Verdict): void {
    if (hold !== null) release(hold)
  }

  return {
    sync: false,
    decide,
    settle(hold, actual) {
      if (here.made(hold)) return here.settle(hold, actual)
      return questions.ask(
        () => store.settle(hold, actual),
        (error) => {
          tell({ type: 'fault', error, limit: null })
          return notSettled(hold)
        },
        ignore,
      )
    },
    renew(hold) {
      if (here.made(hold)) return here.renew(hold)
      return questions.ask(
        () => store.renew(hold),
        (error) => {
          tell({ type: 'fault', error, limit: null })
          return false
        },
        ignore,
      )
    },
    refund: (charges) =>
      questions.ask(
        () => store.refund(charges),
        (error) => tell({ type: 'fault', error, limit: null }),
        ignore,
      ),
    inspect: (limit, key, terms) => questions.insist(() => store.inspect(limit, key, terms)),
    reset(limit, key) {
      here.reset(limit, key)
      return questions.insist(() => store.reset(limit, key))
    },
    block(limit, key, durationMs) {
      here.block(limit, key, durationMs)
      return questions.insist(() => store.block(limit, key, durationMs))
    },
    strike(limit, key) {
      const banned = questions.ask<Ban | null>(
        () => store.strike(limit, key),
        (error) => {
          tell({ type: 'fault', error, limit: limit.name })
          return null
        },
        ignore,
      )
      // What this process knows of it holds in an outage too.
      return andThen(banned, (ban) => {
        if (ban !== null) here.block(limit, key, ban.durationMs)
        return ban
      })
    },
    blocked: (limit, most) => questions.insist(() => store.blocked(limit, most)),
    watch(watcher) {
      const own = (event: StoreEvent): void => watcher(event)
      watchers.add(own)
      return () => void watchers.delete(own)
    },
    close() {
      here.close()
      return store.close()
    },
  }
}

/** A settlement that did not reach the store: the charge stays as it was. */
function notSettled(hold: Hold): { readonly first: boolean; readonly excess: readonly number[] } {
  return { first: false, excess: hold.entries.map(() => 0) }
}

function ignore(): void {}
