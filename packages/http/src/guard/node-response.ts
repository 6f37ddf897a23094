/** Watching a response of `node:http` or `node:http2` to its end, by its shape alone: this package runs where those modules do not exist. */
import type { MaybePromise } from '@sluice/core'
import type { ServerSocket } from '../address/client-reader.ts'
import type { ResponseFacts } from '../http-limit.ts'

/** The part of a socket that is used. */
export interface NodeSocket extends ServerSocket {
  readonly destroyed: boolean
  readonly bytesWritten?: number
  /** Why it was destroyed; `null` for a connection that ended as it should. */
  readonly errored?: Error | null
  once(event: 'close', listener: () => void): unknown
}

/** The part of `ServerResponse` that is used. */
export interface NodeResponse {
  readonly statusCode: number
  readonly headersSent?: boolean
  /** The head as it was sent, under HTTP/1. Node keeps there what is passed to `writeHead`, and in no other place that can be read. */
  readonly _header?: string | null
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  /** Absent under HTTP/2. */
  readonly closed?: boolean
  /** Why the server has broken it off. A server may also end it first. */
  readonly errored?: Error | null
  /** A request that a test injects has no socket. */
  readonly req?: { readonly socket?: NodeSocket; readonly upgrade?: boolean | undefined }
  /** Under HTTP/2 alone. */
  readonly stream?: { readonly destroyed: boolean }
  once(event: 'close' | 'finish', listener: () => void): unknown
}

/**
 * Calls back once when the response has ended or its client has gone, at once where it has gone already.
 * @param kept - reads a header where the framework keeps them. A head that was sent is read itself.
 * @example
 * ```ts
 * const watch: Watch = (finish) => whenEnded(response, (name) => response.getHeader(name)?.toString(), finish)
 * ```
 */
export function whenEnded(
  response: NodeResponse,
  kept: ResponseFacts['header'],
  ended: (facts: ResponseFacts) => MaybePromise<void>,
): void {
  let done = false
  const header: ResponseFacts['header'] = (name) => (typeof response._header === 'string' ? headerIn(response._header, name) : kept(name))
  const end = (aborted: boolean): void => {
    if (done) return
    done = true
    waiting?.delete(gone)
    void ended({ status: response.statusCode, aborted, header })
  }
  const isBroken = (): boolean => response.errored != null || !(response.writableEnded && response.writableFinished)
  const socket = socketOf(response)
  // Read for an upgrade alone: the getter asks the socket's handle, which takes a while.
  const written = response.req?.upgrade === true ? socket?.bytesWritten : undefined
  const gone = (): void => {
    if (done || socket === undefined || response.req?.upgrade !== true || response.headersSent === true) {
      end(isBroken())
      return
    }
    // The head of an upgrade is written past the response, which stays as it was.
    done = true
    waiting?.delete(gone)
    void ended(upgradeFacts(socket, written, header))
  }
  // A response that waits for those before it in a pipeline, or whose socket became a WebSocket, does not hear that the socket has closed.
  const waiting = socket === undefined ? undefined : waitingOn(socket)
  if (isOver(response, socket)) {
    gone()
    return
  }
  // Under HTTP/2 `finish` comes after a reset as well. Elsewhere it is the end, which a request that a test injects says a little early.
  response.once('finish', () => end(response.errored != null || (response.stream !== undefined && isBroken())))
  response.once('close', gone)
  waiting?.add(gone)
}

/**
 * The end of a request that asked for an upgrade: 101 where its socket became a WebSocket or the like, which then ended with an error or
 * without. 0 and aborted, where the client has gone before anything was written.
 * @param written - bytes on the socket before the request was answered
 * @example
 * ```ts
 * socket.once('close', () => finish(upgradeFacts(socket, written)))
 * ```
 */
export function upgradeFacts(
  { bytesWritten, errored }: NodeSocket,
  written: number | undefined,
  header: ResponseFacts['header'] = () => undefined,
): ResponseFacts {
  const isUpgraded = bytesWritten === undefined || bytesWritten > (written ?? 0)
  return isUpgraded ? { status: 101, aborted: errored != null, header } : { status: 0, aborted: true, header }
}

/** A header in the text of a head; several lines of one name are one list. */
function headerIn(head: string, name: string): string | undefined {
  const start = `${name.toLowerCase()}:`
  const lines = head.split('\r\n').filter((line) => line.slice(0, start.length).toLowerCase() === start)
  return lines.length === 0 ? undefined : lines.map((line) => line.slice(start.length).trim()).join(', ')
}

/** The connection of a request under HTTP/1; under HTTP/2 a stream ends by itself. */
function socketOf({ req, stream }: NodeResponse): NodeSocket | undefined {
  return stream === undefined ? req?.socket : undefined
}

function isOver(response: NodeResponse, socket: NodeSocket | undefined): boolean {
  return response.writableFinished || response.closed === true || response.stream?.destroyed === true || socket?.destroyed === true
}

const sockets = new WeakMap<NodeSocket, Set<() => void>>()

/** Who waits for this socket to close. One listener a socket, since pipelines are long and connections are kept open. */
function waitingOn(socket: NodeSocket): Set<() => void> {
  const known = sockets.get(socket)
  if (known !== undefined) return known
  const waiting = new Set<() => void>()
  sockets.set(socket, waiting)
  socket.once('close', () => {
    for (const end of waiting) end()
  })
  return waiting
}
