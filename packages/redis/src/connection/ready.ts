/** When the store can decide: the check of the server, at the first connection, in an outage, and for an application that waits for it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Duration, Store } from '@sluice/core'
import { checkOptions, decorateStore, parseDuration, reasonOf } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { isLasting, type ServerCheck, unfit } from './server-check.ts'

/** Options of `ready`. */
export interface ReadyOptions {
  /** How long it waits for Redis. @default '10s' */
  readonly within?: Duration | undefined
}

/** Milliseconds that one check has, and between two of them. */
const checkMs = 1000
const betweenMs = 50

/**
 * Checks the server as soon as there is a connection, until a check succeeds.
 * @param failed - gets what the server lacks
 * @returns a function that gives the end of the check at hand, or `undefined`
 */
export function checkFirst(connection: Connection, check: ServerCheck, failed: (cause: unknown) => void): () => Promise<void> | undefined {
  let passed = false
  let running: Promise<void> | undefined
  connection.onReady(() => {
    if (passed) return
    running = check
      .run(performance.now() + checkMs, 'first')
      .then(
        () => {
          passed = true
        },
        (error: unknown) => void (error instanceof SluiceError && error.code === 'SLUICE_STORE_UNFIT' && failed(error)),
      )
      .finally(() => {
        running = undefined
      })
  })
  return () => running
}

/**
 * The same store, which checks the server before it decides again in an outage. A server that takes no writes can still answer refusals. The
 * outage does not end by them.
 */
export function checkedInOutages(store: Store, check: ServerCheck, timeoutMs: number): Store {
  return decorateStore(store, {
    decide(call) {
      if (!check.isDue()) return store.decide(call)
      const deadlineMs = performance.now() + timeoutMs
      return check.run(deadlineMs).then(() => {
        if (performance.now() >= deadlineMs) throw new Error('Redis answered too late')
        return store.decide(call)
      })
    },
    decideLaterStage: (call) => (check.isDue() ? undefined : store.decideLaterStage?.(call)),
  })
}

/** Waits until a check has succeeded. @throws SluiceError `SLUICE_STORE_UNFIT`, `SLUICE_CLOSED` */
export async function ready(check: ServerCheck, options: ReadyOptions = {}): Promise<void> {
  checkOptions(options, 'ready', ['within'])
  const untilMs = performance.now() + parseDuration(options.within ?? '10s', 'within')
  for (;;) {
    const nowMs = performance.now()
    const deadlineMs = Math.min(untilMs, nowMs + checkMs)
    const error = await alive(deadlineMs - nowMs, check.run(deadlineMs))
    if (error === undefined) return
    if (error instanceof SluiceError && (error.code === 'SLUICE_CLOSED' || isLasting(error))) throw error
    if (performance.now() + betweenMs >= untilMs) throw asUnfit(error)
    await sleep(betweenMs)
  }
}

/** Waits with a timer, because the connection does not keep the process alive. @returns the error, if any */
async function alive(ms: number, checking: Promise<void>): Promise<unknown> {
  const timeout = new AbortController()
  const late = sleep(ms + betweenMs, new Error('Redis did not answer'), { signal: timeout.signal }).catch(() => undefined)
  const failure = await Promise.race([
    checking.then(
      () => undefined,
      (error: unknown) => error,
    ),
    late,
  ])
  timeout.abort()
  return failure
}

function asUnfit(error: unknown): SluiceError {
  if (error instanceof SluiceError && error.code === 'SLUICE_STORE_UNFIT') return error
  return unfit(reasonOf(error), error)
}
