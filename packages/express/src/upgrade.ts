/** Guarding the `upgrade` event of `node:http`, whose requests have a socket and no response. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  contextBehind,
  faultAnswer,
  type Guard,
  type HeaderLine,
  type NodeSocket,
  type RequestSluice,
  type Route,
  upgradeFacts,
} from '@sluice/http'

/** A guard for `upgrade` handlers. */
export type Upgrade<R> = (request: R, socket: Duplex, head: unknown) => Promise<boolean>

/** What is written to the socket of a request that is not upgraded. */
interface Answer {
  readonly status: number
  readonly headers: readonly HeaderLine[]
  readonly body: string | Uint8Array
}

/** @param route - what guards the requests */
export function upgradeGuard<R extends IncomingMessage>(guard: Guard<R>, route: Route<R>): Upgrade<R> {
  return async (request, socket) => {
    const guarded = request as R & { sluice?: RequestSluice }
    // Node has taken its own listener away, and a client that resets its connection must not end the process.
    socket.on('error', ignore)
    try {
      const context = guard.open(request, (finish) => whenClosed(socket, finish), contextBehind(guarded.sluice))
      guarded.sluice = context.sluice
      const refusal = await guard.decide(context, route.plan, route.late)
      if (refusal === null) return !socket.destroyed
      write(socket, refusal)
    } catch (error) {
      write(socket, faultAnswer(guard.faultOf(error)))
    }
    return false
  }
}

function whenClosed(socket: Duplex, finish: (facts: ReturnType<typeof upgradeFacts>) => unknown): void {
  const seen = socket as Duplex & NodeSocket
  const written = seen.bytesWritten
  const end = (): void => void finish(upgradeFacts(seen, written))
  if (socket.destroyed) end()
  else socket.once('close', end)
}

function write(socket: Duplex, { status, headers, body }: Answer): void {
  const lines = [...headers, ['Content-Length', String(Buffer.byteLength(body))], ['Connection', 'close']]
  socket.once('finish', () => socket.destroy())
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`)
  socket.end(body)
}

function ignore(): void {
  // `close` follows, and gives back what the request holds.
}
