/** The operators' page on the requests and responses of Node, which Express and Fastify have as well. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HeaderLine } from '@sluice/http'
import type { OperatorsAnswer } from './endpoint.ts'
import type { ReadHeader } from './same-origin.ts'
import type { Viewer } from './stream.ts'

/** Reads the headers of a request. Of a header that was sent twice it reads the first. */
export function nodeHeaders({ headers }: Pick<IncomingMessage, 'headers'>): ReadHeader {
  return (name) => {
    const value = headers[name]
    return typeof value === 'object' ? value[0] : value
  }
}

/** Begins the stream of an answer. @param earlier - headers that others have set before */
export function streamToNode(
  response: ServerResponse,
  { status, headers, stream }: OperatorsAnswer,
  earlier: readonly HeaderLine[] = [],
): void {
  response.statusCode = status
  for (const [name, value] of [...earlier, ...headers]) response.setHeader(name, value)
  // A server that closes waits for connections that were kept alive.
  response.shouldKeepAlive = false
  response.flushHeaders()
  response.once('close', stream!(viewerOf(response)))
}

function viewerOf(response: ServerResponse): Viewer {
  return {
    get isBehind() {
      return response.writableLength > 0
    },
    get isGone() {
      const { server } = (response.socket ?? {}) as { readonly server?: { readonly listening?: boolean } }
      // A server that closes waits for its open responses.
      return response.destroyed || response.writableEnded || server?.listening === false
    },
    send: (bytes) => void response.write(bytes),
    end: () => void response.end(),
  }
}
