/** A store of one's own, on any database that has transactions: the application reads, locks and writes rows, and sluice decides. */
import { type Clock, clockOf } from '../clock.ts'
import { SLUICE_OPTION_TYPE } from '../errors.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { checkOptions, type Duration, optionalOf, parseDuration } from '../options.ts'
import { guardStore, type OutageOptions } from '../outage/outage.ts'
import { SluiceError } from '../sluice-error.ts'
import type { Store } from '../store.ts'
import { rowStore } from './row-store.ts'
import type { DecideRows, RowKeys } from './transact.ts'

/** Options of {@link lockedStore}. */
export interface LockedStoreOptions extends OutageOptions {
  /**
   * Runs one transaction: locks the rows of `keys.lock`, reads all rows of `keys`, calls `decide` with those that exist, writes what it
   * returns, and commits. What it throws is an outage, and each limit's `onOutage` decides.
   *
   * A transaction that the database has rolled back, because of a deadlock or a conflict, may be run again. After an error that leaves it
   * open whether the commit was done, such as a lost connection, let the error through: run again, it could charge twice.
   */
  transaction(keys: RowKeys, decide: DecideRows): MaybePromise<unknown>
  /** Called when the store is closed. @default nothing */
  readonly close?: (() => MaybePromise<void>) | undefined
  /**
   * How long a reservation can be settled, from its charge or its last `renew()`. A later settlement leaves the charge as it is and is
   * reported as a fault `SLUICE_SETTLED_LATE`.
   * @default '10m'
   */
  readonly handleLifetime?: Duration | undefined
  /**
   * The time of decisions for which `transaction` gives none, and of everything else here. Clocks of processes that share the store must
   * agree. If they differ by longer than a bucket takes to fill, the bucket admits more than its rule says. @default the system's
   */
  readonly clock?: Clock | undefined
}

/**
 * A store in a database that has transactions, for every kind of rule. A table with three columns is enough: key, text and expiry.
 *
 * Each call is one transaction, which locks one row for each limit. A call is decided as `memoryStore` decides it, and answered within
 * `timeout` as by `surviveOutages`. `peek` and `inspect` lock nothing. Every answer is a promise.
 * @example
 * ```ts
 * const store = lockedStore({
 *   processes: 4,
 *   transaction: ({ lock, read }, decide) =>
 *     database.transaction(async (rows) => {
 *       await rows.lock(lock)
 *       await rows.write(decide(await rows.read([...lock, ...read])))
 *     }),
 * })
 * ```
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`, `SLUICE_DURATION`, `SLUICE_CHOICE`, `SLUICE_WHOLE_NUMBER`
 */
export function lockedStore(options: LockedStoreOptions): Store {
  checkOptions(options, 'lockedStore', ['transaction', 'close', 'handleLifetime', 'timeout', 'onOutage', 'processes', 'clock'])
  const { transaction, close, handleLifetime = '10m', timeout, onOutage, processes, clock } = options
  if (typeof transaction !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'transaction', wanted: 'a function that runs a transaction', value: transaction })
  optionalOf(close, 'close', 'function')
  const handleLifetimeUs = parseDuration(handleLifetime, 'handleLifetime') * 1000
  // Processes that share rows share a calendar, so this is the wall clock: one anchored when its process began may be off by then.
  const decisions = clock === undefined ? { nowMs: Date.now } : clockOf(clock)
  const store = rowStore({ transaction: (keys, decide) => transaction(keys, decide), close, handleLifetimeUs, clock: decisions })
  return guardStore(store, { timeout, onOutage, processes, clock }, { handleLifetime }).guarded
}
