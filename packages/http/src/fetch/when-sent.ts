/** Watching a response of the web standard to its end. */
import type { ResponseFacts } from '../http-limit.ts'

/** What is called when it has ended; the first call counts. */
export type Ended = (response: ResponseFacts) => void

/** Bodies that were neither read nor cancelled: middleware further out may throw them away, and the collector alone notices. */
const discarded = new FinalizationRegistry<() => void>((end) => end())

/**
 * Calls back if the client goes while its response is still being made.
 * @returns what to call at every other end: it also stops listening
 */
export function whenAborted({ signal }: Request, ended: Ended): Ended {
  const end: Ended = (response) => {
    signal.removeEventListener('abort', gone)
    ended(response)
  }
  const gone = (): void => end({ status: 0, aborted: true, header: () => undefined })
  if (signal.aborted) gone()
  else signal.addEventListener('abort', gone)
  return end
}

/**
 * Calls back when the body has been sent, or the rest of it is not wanted.
 * @returns the response to send in place of the given one: its body tells how far it came
 */
export function whenSent(response: Response, method: string, ended: Ended): Response {
  const end = (aborted: boolean): void =>
    ended({ status: response.status, aborted, header: (name) => response.headers.get(name) ?? undefined })
  // Runtimes drop what a handler writes for HEAD, without a word to its stream.
  if (method === 'HEAD' || response.body === null) {
    end(false)
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = (await reader.read()) as { readonly done: boolean; readonly value: Uint8Array }
          if (!done) return controller.enqueue(value)
          controller.close()
          end(false)
        } catch (error) {
          end(true)
          throw error
        }
      },
      cancel(reason) {
        end(true)
        return reader.cancel(reason)
      },
    },
    // Nothing is read before somebody asks for it, so that the end is not told before it is reached.
    { highWaterMark: 0 },
  )
  discarded.register(body, () => end(true))
  return new Response(body, response)
}
