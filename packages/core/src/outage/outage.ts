/** Answers in time whatever the store does: meanwhile limits are let through, refused, or enforced in this process. */

import type { Ban } from '../ban-kind.ts'
import { type Clock, clockOf } from '../clock.ts'
import { decorateStore } from '../decorate-store.ts'
import { SLUICE_PROCESSES } from '../errors.ts'
import type { OnOutage } from '../limit.ts'
import type { CallReport, OutageEvent, StoreEvent } from '../limiter-event.ts'
import { andThen, asPromise, type MaybePromise } from '../maybe-promise.ts'
import { checkOptions, type Duration, oneOf, parseDuration } from '../options.ts'
import type { SluiceError } from '../sluice-error.ts'
import { type Call, markGuarded, type Store, type SyncStore, storeError, type Verdict } from '../store.ts'
import { warnOnce } from '../warn.ts'
import { wholeNumber } from '../whole-number.ts'
import { type CheckedStore, checkedAnswers } from './checked-answers.ts'
import { type Holds, outageHolds } from './holds.ts'
import { type InTime, inTime } from './in-time.ts'
import { decideLaterStage } from './later-stage.ts'
import { type LocalFallback, localFallback } from './local-fallback.ts'
import { outageCause, trueCause } from './outage-cause.ts'
import { outageWarnings } from './outage-warnings.ts'

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

/** What the parts of one wrapper share. */
interface Outage {
  readonly store: Store
  /** The store again, with its answers checked. */
  readonly answers: CheckedStore
  readonly questions: InTime
  /** Decides while the store does not. */
  readonly local: LocalFallback
  readonly holds: Holds
  tell(event: StoreEvent): boolean
}

/** What a store of ours says of itself to its wrapper. */
export interface StoreFacts {
  /** Whether it connects for the first time. The calls of the first `timeout` that fail meanwhile begin no outage. */
  isConnecting?(): boolean
  /** How long its reservations can be settled, and those of the local fallback. @default '10m' */
  readonly handleLifetime?: Duration
  /** What to do about a failure, as one sentence for a warning. */
  hintFor?(reason: string): string
}

/** A wrapped store, and what its store tells the wrapper. */
export interface GuardedStore {
  readonly guarded: Store
  /** Begins an outage at once: the store knows that it cannot answer. */
  failed(cause: unknown): void
}

/**
 * A store that answers every call within `timeout`, whatever happens to the one behind it.
 *
 * A call without an answer by then is decided by each limit's `onOutage`. It is let through, refused as `unavailable`, or enforced in this
 * process, which takes its part of the limit. If it was sent it may stay charged; what it reserved is given back when its answer comes.
 * An answer that makes no sense, and an error, count as none. An outage begins after three failures in a row, or when half of the latest
 * 20 calls failed within ten seconds. Until it ends, one call at a time still goes to the store, to see whether it is back. What
 * was charged in this process is not carried over to the store, and is settled in this process. A settlement or a renewal that the store
 * has not confirmed is sent again, for ten minutes at most.
 * @example
 * const store = surviveOutages(ownStore, { timeout: '50ms', onOutage: 'deny', processes: 4 })
 * const limiter = createLimiter({ store, limits: [{ name: 'user', by: (id: string) => id, rule: tokenBucket({ capacity: 10, per: '1s' }) }] })
 * @throws SluiceError `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_UNKNOWN`
 */
export function surviveOutages(store: SyncStore, options?: OutageOptions): SyncStore
export function surviveOutages(store: Store, options?: OutageOptions): Store
export function surviveOutages(store: Store, options: OutageOptions = {}): Store {
  return guardStore(store, options).guarded
}

/** Wraps a store as {@link surviveOutages} does. @throws SluiceError as it does */
export function guardStore(store: Store, options: OutageOptions, facts: StoreFacts = {}): GuardedStore {
  checkOptions(options, 'surviveOutages', ['timeout', 'onOutage', 'processes', 'clock'])
  const clock = clockOf(options.clock)
  const { timeout = '100ms' } = options
  const timeoutMs = wholeNumber(parseDuration(timeout, 'timeout'), 'timeout', 1, longestTimeoutMs)
  const onOutage = options.onOutage === undefined ? 'local' : oneOf(options.onOutage, 'onOutage', ['allow', 'deny', 'local'])
  const processes = options.processes === undefined ? 1 : wholeNumber(options.processes, 'processes', 1, mostProcesses)
  if (onOutage === 'local' && options.processes === undefined) warnOnce(SLUICE_PROCESSES, {})

  const watchers = new Set<(event: StoreEvent) => unknown>()
  const tell = (event: StoreEvent): boolean => {
    let isSeen = false
    for (const watcher of watchers) isSeen = watcher(event) === true || isSeen
    return isSeen
  }
  const warnings = outageWarnings(clock, facts.hintFor ?? (() => 'See what keeps it from answering.'))
  const questions = inTime(
    timeoutMs,
    clock,
    {
      began: (cause) => warnings.began(trueCause(cause), tell(outageEvent('began', cause))),
      ended: (cause) => warnings.ended(trueCause(cause), tell(outageEvent('ended', cause))),
    },
    () => facts.isConnecting?.() === true,
  )
  const local = localFallback(onOutage, processes, clock, facts.handleLifetime)
  const answers = checkedAnswers(store)
  const holds = outageHolds({ store: answers, local, questions, clock, tell })
  const outage: Outage = { store, answers, questions, local, holds, tell }
  const guarded = decorateStore(store, {
    ...operatorVerbs(outage),
    // The wrapper decides later stages itself, in time.
    decideLaterStage: undefined,
    decide: decideInTime(outage),
    settle: holds.settle,
    renew: holds.renew,
    watch(watcher) {
      const own = (event: StoreEvent): unknown => watcher(event)
      watchers.add(own)
      const stop = store.watch?.(watcher)
      return () => {
        watchers.delete(own)
        stop?.()
      }
    },
    close() {
      holds.close()
      local.close()
      warnings.close()
      return store.close()
    },
  })
  return { guarded: markGuarded(store.sync ? guarded : withPromises(guarded)), failed: questions.failed }
}

function outageEvent(state: OutageEvent['state'], cause: unknown): OutageEvent {
  return { type: 'outage', state, ...outageCause(cause), error: storeError(cause) }
}

/** Decides in the store, or by `onOutage` of each limit if the store does not answer in time. */
function decideInTime({ store, answers, questions, local, holds }: Outage): Store['decide'] {
  /** Gives back what a call reserved that was answered late. */
  const releaseLate = ({ hold }: Verdict): void => {
    if (hold !== null) void holds.giveBack(hold)
  }

  function decideAlone(call: Call, report: CallReport | undefined): MaybePromise<Verdict> {
    return questions.ask(
      () => answers.decide(call),
      () => local.decide(call),
      releaseLate,
      report,
    )
  }

  /** A refusal returns the earlier stages once, and only if it is what the caller gets: a late one returns nothing. */
  function decideWithUndo(call: Call, report: CallReport | undefined): MaybePromise<Verdict> {
    const ofStore = { ...call, undo: call.undo.filter((hold) => !local.made(hold)) }
    let refused: Verdict | undefined
    const onRefused = (verdict: Verdict): void => {
      refused = verdict
      for (const hold of call.undo) if (local.made(hold)) void holds.giveBack(hold)
    }
    const decideAtOnce = (): MaybePromise<Verdict> =>
      andThen(answers.decide(ofStore), (verdict) => {
        if (!verdict.allowed) onRefused(verdict)
        return verdict
      })
    return questions.ask(
      (isAwaited) =>
        store.sync ? decideAtOnce() : decideLaterStage(ofStore, { store: answers, giveBack: holds.giveBack, isAwaited, onRefused }),
      () => refused ?? decideLocally(call),
      releaseLate,
      report,
    )
  }

  function decideLocally(call: Call): Verdict {
    const verdict = local.decide(call)
    if (!verdict.allowed) for (const hold of call.undo) void holds.giveBack(hold)
    return verdict
  }

  return (call, report) => {
    holds.beforeCall()
    // Nearly every call gives nothing back.
    return call.undo.length === 0 ? decideAlone(call, report) : decideWithUndo(call, report)
  }
}

/** The same store, whose answers are always promises. */
function withPromises(store: Store): Store {
  return decorateStore(store, {}, asPromise)
}

type OperatorVerbs = Pick<Store, 'refund' | 'inspect' | 'reset' | 'resetAll' | 'block' | 'strike' | 'blocked'>

/** Operators get an error if the store does not answer. No caller waits for a refund or a strike, so their errors become faults. */
function operatorVerbs({ store, answers, questions, local, tell }: Outage): OperatorVerbs {
  const fault = (error: SluiceError, limit: string | null = null): void => void tell({ type: 'fault', error, limit })
  return {
    refund: (charges, report) =>
      questions.ask(
        () => store.refund(charges),
        (error) => fault(error),
        ignore,
        report,
      ),
    inspect: (...args) => questions.callOrThrow(() => answers.inspect(...args)),
    reset(limit, key) {
      local.reset(limit, key)
      return questions.callOrThrow(() => store.reset(limit, key))
    },
    resetAll(limit) {
      local.resetAll(limit)
      return questions.callOrThrow(() => store.resetAll(limit))
    },
    block(limit, key, durationMs) {
      local.block(limit, key, durationMs)
      return questions.callOrThrow(() => store.block(limit, key, durationMs))
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
      // A ban that this process knows of also holds in an outage.
      return andThen(banned, (ban) => {
        if (ban !== null) local.block(limit, key, ban.durationMs)
        return ban
      })
    },
    blocked: (limit, most) => questions.callOrThrow(() => answers.blocked(limit, most)),
  }
}

function ignore(): void {}
