/** A bare connection: requests as bytes, several in one write, and a client that hangs up when it likes. */
import { connect, type Socket } from 'node:net'
import type { Listening, Reply } from './http-client.ts'

/** A connection of one's own. */
export interface RawConnection {
  /** Sends text in one write. */
  write(text: string): void
  /** The responses to requests of these methods, once all of them are complete. */
  replies(methods: readonly string[]): Promise<readonly Reply[]>
  /** Once so much of the response has come that this text is in it. */
  received(text: string): Promise<void>
  /** Once the server has hung up. */
  closed(): Promise<void>
  /** Hangs up without a farewell. */
  hangUp(): Promise<void>
}

/** Opens a connection. */
export async function openConnection(server: Listening): Promise<RawConnection> {
  const { port, socketPath } = server
  const socket = socketPath === undefined ? connect({ host: '127.0.0.1', port: port!, noDelay: true }) : connect(socketPath)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let text = ''
  // Latin-1 keeps bytes as they are, so that lengths in bytes are lengths in characters.
  socket.setEncoding('latin1').on('data', (chunk) => (text += String(chunk)))
  socket.on('error', () => undefined)
  return {
    write: (bytes) => void socket.write(bytes),
    replies: (methods) => until(socket, () => parseReplies(text, methods)),
    received: async (part) => void (await until(socket, () => (text.includes(part) ? text : null))),
    closed: () => new Promise((resolve) => (socket.closed ? resolve() : void socket.once('close', () => resolve()))),
    hangUp: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve()
        socket.once('close', () => resolve())
        socket.resetAndDestroy()
      }),
  }
}

/** The bytes of a `GET` without a body. */
export function getRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** Reads on until there is an answer. */
function until<T>(socket: Socket, look: () => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const tryOnce = (): void => {
      const found = look()
      if (found === null) return
      socket.off('data', tryOnce).off('close', tooEarly)
      resolve(found)
    }
    const tooEarly = (): void => reject(new Error('the server hung up before it had answered'))
    socket.on('data', tryOnce).on('close', tooEarly)
    tryOnce()
  })
}

/** The responses in the text, or `null` while one of them is not complete. */
function parseReplies(text: string, methods: readonly string[]): readonly Reply[] | null {
  const replies: Reply[] = []
  let at = 0
  for (const method of methods) {
    const head = text.indexOf('\r\n\r\n', at)
    if (head === -1) return null
    const [statusLine, ...lines] = text.slice(at, head).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const body = bodyAt(text, head + 4, method === 'HEAD' ? { 'content-length': '0' } : headers)
    if (body === null) return null
    replies.push({ status: Number(statusLine!.split(' ')[1]), headers, body: body.text })
    at = body.end
  }
  return replies
}

function bodyAt(text: string, start: number, headers: Readonly<Record<string, string>>): { text: string; end: number } | null {
  if (headers['transfer-encoding'] === 'chunked') return chunksAt(text, start)
  const end = start + Number(headers['content-length'] ?? 0)
  return text.length < end ? null : { text: text.slice(start, end), end }
}

function chunksAt(text: string, start: number): { text: string; end: number } | null {
  let body = ''
  let at = start
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return null
    const length = Number.parseInt(text.slice(at, line), 16)
    const end = line + 2 + length
    if (text.length < end + 2) return null
    if (length === 0) return { text: body, end: end + 2 }
    body += text.slice(line + 2, end)
    at = end + 2
  }
}
