/** Answers in time whatever the store does: meanwhile limits are let through, refused, or enforced in this process. */

import { type Clock, systemClock } from '../clock.ts'
import { type Duration, parseDuration } from '../duration.ts'
import type { SluiceError } from '../errors.ts'
import type { OnOutage } from '../limit.ts'
import { andThen, type MaybePromise } from '../maybe-promise.ts'
import type { StoreEvent } from '../observe.ts'
import { checkOptions, oneOf } from '../options.ts'
import { wholeNumber } from '../rules/whole-number.ts'
import type { Ban, Call, Store, Verdict } from '../store.ts'
import { warnOnce } from '../warn.ts'
import { checkedAnswers } from './checked-answers.ts'
import { outageHolds } from './holds.ts'
import { inTime, storeError } from './in-time.ts'
import { decideLaterStage } from './later-stage.ts'
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
 * process, which takes its part of the limit. If it was sent it may stay charged; what it reserved is given back when its answer comes.
 * An answer that makes no sense, and an error, count as none. An outage begins after three failures in a row, or when half of the latest
 * 20 calls failed within ten seconds. Until it ends, one call at a time still goes to the store, to see whether it is back. What
 * was charged in this process is not carried over to the store, and is settled in this process. A settlement or a renewal that the store
 * has not confirmed is sent again, for ten minutes at most.
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
  const answers = checkedAnswers(store)
  const holds = outageHolds({ store: answers, here, questions, clock, tell })

  function decide(call: Call): Verdict | Promise<Verdict> {
    holds.beforeCall()
    // Nearly every call gives nothing back.
    return call.undo.length === 0 ? decideAlone(call) : decideWithUndo(call)
  }

  function decideAlone(call: Call): Verdict | Promise<Verdict> {
    return questions.ask(
      () => answers.decide(call),
      () => here.decide(call),
      releaseLate,
    )
  }

  /** A refusal returns the earlier stages once, and only if it is what the caller gets: a late one returns nothing. */
  function decideWithUndo(call: Call): Verdict | Promise<Verdict> {
    const asked = { ...call, undo: call.undo.filter((hold) => !here.made(hold)) }
    let refused: Verdict | undefined
    const onRefused = (verdict: Verdict): void => {
      refused = verdict
      for (const hold of call.undo) if (here.made(hold)) void holds.giveBack(hold)
    }
    const decideAtOnce = (): MaybePromise<Verdict> =>
      andThen(answers.decide(asked), (verdict) => {
        if (!verdict.allowed) onRefused(verdict)
        return verdict
      })
    return questions.ask(
      (isAwaited) =>
        store.sync ? decideAtOnce() : decideLaterStage(asked, { store: answers, giveBack: holds.giveBack, isAwaited, onRefused }),
      () => refused ?? decideLaterStageHere(call),
      releaseLate,
    )
  }

  function decideLaterStageHere(call: Call): Verdict {
    const verdict = here.decide(call)
    if (!verdict.allowed) for (const hold of call.undo) void holds.giveBack(hold)
    return verdict
  }

  /** Nobody gets what a call reserved that was answered late. */
  function releaseLate({ hold }: Verdict): void {
    if (hold !== null) void holds.giveBack(hold)
  }

  const fault = (error: SluiceError, limit: string | null = null): void => tell({ type: 'fault', error, limit })
  const guarded: Store = {
    sync: store.sync,
    ...(store.mostLimits !== undefined && { mostLimits: store.mostLimits }),
    decide,
    settle: holds.settle,
    renew: holds.renew,
    refund: (charges) =>
      questions.ask(
        () => store.refund(charges),
        (error) => fault(error),
        ignore,
      ),
    inspect: (limit, key, terms) => questions.insist(() => answers.inspect(limit, key, terms)),
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
        () => answers.strike(limit, key),
        (error) => {
          fault(error, limit.name)
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
    blocked: (limit, most) => questions.insist(() => answers.blocked(limit, most)),
    watch(watcher) {
      const own = (event: StoreEvent): void => watcher(event)
      watchers.add(own)
      const stop = store.watch?.(watcher)
      return () => {
        watchers.delete(own)
        stop?.()
      }
    },
    close() {
      holds.close()
      here.close()
      return store.close()
    },
  }
  answering.add(guarded)
  return guarded
}

const answering = new WeakSet<Store>()

/** Whether {@link surviveOutages} made a store. */
export function survivesOutages(store: Store): boolean {
  return answering.has(store)
}

function ignore(): void {}
