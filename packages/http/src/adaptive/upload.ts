/** The upload of a request: whether its body has arrived, and waiting for that without reading it. */
import type { MaybePromise } from '@sluice/core'
import { andThen } from '@sluice/core/internal'
import type { Upload } from '../guard/adapter.ts'

/** Whether a part of the body is still to come. */
export function isArriving(upload: Upload | undefined): boolean {
  if (upload === undefined || upload.complete || upload.stream !== undefined) return false
  const { 'content-length': length, 'transfer-encoding': encoding } = upload.headers
  return encoding !== undefined || (length !== undefined && length !== '0')
}

/**
 * Waits until the body has arrived, or as much of it as fits between the socket and a reader, or the client is gone. Nothing is read.
 * A body that somebody reads already is not waited for: its reader has begun to work.
 */
export function whenArrived(upload: Upload): MaybePromise<void> {
  if (hasArrived(upload) || upload.readableFlowing !== null) return
  // Most bodies come with their head, in the same turn. A listener before that would end an empty body before its reader comes.
  return andThen(nextTurn(), () => (hasArrived(upload) ? undefined : arrival(upload)))
}

function arrival(upload: Upload): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!hasArrived(upload)) return
      upload.off('readable', look)
      upload.off('close', look)
      // The stream forgets its listener a tick later; a reader that came before would find it paused.
      void andThen(nextTurn(), resolve)
    }
    upload.on('readable', look)
    upload.on('close', look)
  })
}

function hasArrived(upload: Upload): boolean {
  return !isArriving(upload) || upload.destroyed || upload.readableLength >= upload.readableHighWaterMark
}

interface Host {
  readonly setImmediate?: (run: () => void) => unknown
}

/** Answers when the current turn of the event loop is done; at once on runtimes without `setImmediate`. */
export function nextTurn(): MaybePromise<void> {
  const { setImmediate } = globalThis as Host
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve))
}
