/** Watching a response of `node:http` to its end, by its shape alone: this package runs where that module does not exist. */
import type { ResponseFacts } from './http-limit.ts'

/** The part of `ServerResponse` that is used. */
export interface NodeResponse {
  readonly statusCode: number
  readonly writableFinished: boolean
  once(event: 'close' | 'finish', listener: () => void): unknown
}

/**
 * Calls back once when the response has ended or its client has gone.
 * @param header - reads a header of the response: frameworks keep them in places of their own
 */
export function whenEnded(response: NodeResponse, header: ResponseFacts['header'], ended: (facts: ResponseFacts) => void): void {
  let done = false
  const end = (): void => {
    if (done) return
    done = true
    ended({ status: response.statusCode, aborted: !response.writableFinished, header })
  }
  // `close` follows `finish`, but not where a test injects its requests without a socket.
  response.once('finish', end)
  response.once('close', end)
}
