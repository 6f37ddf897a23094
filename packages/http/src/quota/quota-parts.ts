/** What a quota says beside the limits: the queue of a provider, and the last hour. What cannot be read is left out. */
import type { Duration, MaybePromise } from '@sluice/core'
import {
  type FunctionTime,
  isPromise,
  type KeysOption,
  keysOfPeek,
  optionalOf,
  reasonOf,
  SLUICE_OPTION_TYPE,
  warnOnce,
} from '@sluice/core/internal'
import { SLUICE_QUOTA_QUEUE, SluiceError } from '../errors.ts'
import type { QuotaMinute, QuotaQueue } from './quota-document.ts'
import type { QuotaHistory } from './quota-history.ts'

/** Options of a quota beside its limits. `C` is the subject. */
export interface QuotaParts<C> {
  /**
   * Where the calls of a subject wait for a provider: `(user) => openai.queueOf(user)` with `@sluice/egress`. `null` if none waits. Where it
   * fails, takes longer than `functionTimeout` or answers nonsense, the queue is left out, with the warning `SLUICE_QUOTA_QUEUE`.
   * @default no queue
   */
  readonly queue?: ((subject: C) => MaybePromise<QuotaQueue | null>) | undefined
  /**
   * The last hour of each limit: what `quotaHistory` returned for the same limiter or guard. @default no history
   */
  readonly history?: QuotaHistory | undefined
  /** How long `identify` and `queue` may take, from 1 ms to 10 minutes. @default '5s' */
  readonly functionTimeout?: Duration | undefined
}

/** Reads the queue of a subject. It never fails: what cannot be read is `null`. @throws SluiceError `SLUICE_OPTION_TYPE` */
export function queueReader<C>(queue: QuotaParts<C>['queue'], time: FunctionTime): (subject: C) => Promise<QuotaQueue | null> {
  optionalOf(queue, 'queue', 'function')
  return async (subject) => {
    try {
      const answer = queue?.(subject) ?? null
      const found = isPromise(answer) ? await time.within(answer, { function: 'queue' }) : answer
      return found && checkedQueue(found)
    } catch (cause) {
      warnOnce(SLUICE_QUOTA_QUEUE, { reason: reasonOf(cause) })
      return null
    }
  }
}

/** What a `peek` tells of its keys, and the minutes of these keys. */
export interface HistoryReading {
  readonly options: KeysOption
  minutes(): Promise<ReadonlyMap<string, readonly QuotaMinute[]>>
}

/** Reads the history of the keys that one `peek` looks at. @throws SluiceError `SLUICE_OPTION_TYPE` */
export function historyReader(history: QuotaHistory | undefined): () => HistoryReading | undefined {
  if (history === undefined) return () => undefined
  if (typeof (history as Partial<QuotaHistory> | null)?.minutesOf !== 'function')
    throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'history', wanted: 'what quotaHistory() returned', value: history })
  return () => {
    const keys = new Map<string, string>()
    return {
      options: { [keysOfPeek]: (limit, key) => void keys.set(limit, key) },
      async minutes() {
        const found = await Promise.all([...keys].map(async ([limit, key]) => [limit, await history.minutesOf(limit, key)] as const))
        return new Map(found.flatMap(([limit, minutes]) => (minutes === undefined ? [] : [[limit, minutes] as const])))
      },
    }
  }
}

/** The fields that callers may see, and no other. @throws TypeError for an answer that is no queue */
function checkedQueue({ position, waiting, waitMs }: QuotaQueue): QuotaQueue {
  const isQueue = isCount(position) && isCount(waiting) && typeof waitMs === 'number' && waitMs >= 0 && waitMs < Number.POSITIVE_INFINITY
  if (!isQueue) throw new TypeError('it answered no { position, waiting, waitMs }')
  return { position, waiting, waitMs }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}
