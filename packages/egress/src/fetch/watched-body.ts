/** A response whose body is passed on unchanged, and whose end is noticed however it comes. */

export interface BodyEnd {
  push(chunk: Uint8Array): void
  /** @param complete - false if it was cut, cancelled or aborted */
  end(complete: boolean): void
}

/** Chunks are passed on when they are asked for: nothing is read ahead or kept. */
export function watchBody(response: Response, { push, end }: BodyEnd): Response {
  if (response.body === null) {
    end(true)
    return response
  }
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) {
            end(true)
            controller.close()
            return
          }
          push(value)
          controller.enqueue(value)
        } catch (error) {
          end(false)
          controller.error(error)
        }
      },
      async cancel(reason) {
        end(false)
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const { status, statusText, headers, url } = response
  const watched = new Response(body, { status, statusText, headers })
  // A made response has no address; SDKs show it in errors.
  return Object.defineProperty(watched, 'url', { value: url })
}
