/** What servers of `node:http` do with an answer, and how they listen and end. */
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import type { Answer, RunningSite } from '@sluice/conformance/adapter'
import type { Admin } from '@sluice/core'

/** Writes an answer, bit by bit where it comes so. */
export function write(response: ServerResponse, answer: Answer, withBody = true): void {
  const { status = 200, headers = {}, body = 'ok', hijack, raw } = answer
  if (hijack === true) {
    takeSocket(response)
    return
  }
  if (raw === true) {
    writeRaw(response, answer)
    return
  }
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (typeof body === 'string' || !withBody) response.end(withBody ? body : undefined)
  // A stream that fails breaks off its response.
  else pipeline(Readable.from(body), response, () => undefined)
}

/** Writes head and body in one go, past whatever else writes headers. */
export function writeRaw(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
  response.writeHead(status, headers).end(body as string)
}

/** Takes the socket from a response, as libraries for WebSockets do, and ends it. */
function takeSocket(response: ServerResponse): void {
  const { socket } = response
  if (socket === null) return
  response.detachSocket(socket)
  socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
}

/** Listens on a free port of 127.0.0.1, or on a Unix socket. */
export async function listen(server: Server, socketPath: string | undefined, admin: Admin): Promise<RunningSite> {
  if (socketPath === undefined) server.listen(0, '127.0.0.1')
  else server.listen(socketPath)
  await once(server, 'listening')
  return {
    port: socketPath === undefined ? (server.address() as AddressInfo).port : undefined,
    admin,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await admin.close()
    },
  }
}
