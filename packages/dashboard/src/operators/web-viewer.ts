/** The operators' page on the requests and responses of the web standard, which Hono has as well. */
import { withHeaders } from '@sluice/http/fetch'
import type { OperatorsAnswer } from './endpoint.ts'
import type { ReadHeader } from './same-origin.ts'

/** Reads the headers of a request. Where a runtime leaves the host out of them, the URL has it. */
export function webHeaders({ headers, url }: Pick<Request, 'headers' | 'url'>): ReadHeader {
  return (name) => headers.get(name) ?? (name === 'host' ? new URL(url).host : undefined)
}

/** The answer as a response. */
export function webResponse({ status, headers, body, stream }: OperatorsAnswer): Response {
  return withHeaders(new Response(stream === undefined ? body : streamOf(stream), { status }), headers)
}

/** A stream that queues one update at most: a viewer is behind while the one before has not been read. */
function streamOf(begin: NonNullable<OperatorsAnswer['stream']>): ReadableStream<Uint8Array> {
  let leave: (() => void) | undefined
  let isGone = false
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        leave = begin({
          get isBehind() {
            return (controller.desiredSize ?? 0) <= 0
          },
          get isGone() {
            return isGone
          },
          send: (bytes) => controller.enqueue(bytes),
          end() {
            if (!isGone) controller.close()
            isGone = true
          },
        })
      },
      cancel() {
        isGone = true
        leave?.()
      },
    },
    { highWaterMark: 1 },
  )
}
