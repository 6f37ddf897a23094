/** Giving up waiting for an answer. */
import { SluiceError } from '../errors.ts'

/** The part of `AbortSignal` that is used; every runtime's own fits. */
export interface Signal {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** @throws SluiceError `SLUICE_ABORTED` if the signal has been given */
export function throwIfAborted(signal: Signal | undefined): void {
  if (signal?.aborted) throw new SluiceError('SLUICE_ABORTED', {}, { cause: signal.reason })
}

/**
 * The answer, or `SLUICE_ABORTED` as soon as the signal is given.
 * @param onLate - gets an answer that came after the signal; must not throw
 */
export function abortable<T>(answer: Promise<T>, signal: Signal, onLate: (answer: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let gone = false
    const abort = (): void => {
      gone = true
      reject(new SluiceError('SLUICE_ABORTED', {}, { cause: signal.reason }))
    }
    signal.addEventListener('abort', abort)
    answer.then((value) => (gone ? onLate(value) : resolve(value)), reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
