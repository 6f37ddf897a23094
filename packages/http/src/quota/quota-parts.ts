/** What a quota says beside the limits: the queue of a provider. What cannot be read is left out. */
import type { Duration, MaybePromise } from '@sluice/core'
import { type FunctionTime, isPromise, optionalOf, reasonOf, warnOnce } from '@sluice/core/internal'
import { SLUICE_QUOTA_QUEUE } from '../errors.ts'
import type { QuotaQueue } from './quota-document.ts'

/** Options of a quota beside its limits. `C` is the subject. */
export interface QuotaParts<C> {
  /**
   * Where the calls of a subject wait for a provider: `(user) => openai.queueOf(user)` with `@sluice/egress`. `null` if none waits. Where it
   * fails, takes longer than `functionTimeout` or answers nonsense, the queue is left out, with the warning `SLUICE_QUOTA_QUEUE`.
   * @default no queue
   */
  readonly queue?: ((subject: C) => MaybePromise<QuotaQueue | null>) | undefined
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

/** The fields that callers may see, and no other. @throws TypeError for an answer that is no queue */
function checkedQueue({ position, waiting, waitMs }: QuotaQueue): QuotaQueue {
  const isQueue = isCount(position) && isCount(waiting) && typeof waitMs === 'number' && waitMs >= 0 && waitMs < Number.POSITIVE_INFINITY
  if (!isQueue) throw new TypeError('it answered no { position, waiting, waitMs }')
  return { position, waiting, waitMs }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}
