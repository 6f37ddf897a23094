import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { isArriving, whenArrived } from './upload.ts'

/** How a handler may read a body. */
const readers: Readonly<Record<string, (request: IncomingMessage) => Promise<number>>> = {
  async 'by iteration'(request) {
    let bytes = 0
    for await (const chunk of request) bytes += (chunk as Buffer).length
    return bytes
  },
  async 'by events'(request) {
    let bytes = 0
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    await once(request, 'end')
    return bytes
  },
}

/** A server that waits for the body of each request, then reads it. */
async function serve(read: (request: IncomingMessage) => Promise<number>) {
  const seen: { readonly arriving: boolean; readonly unread: number }[] = []
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await whenArrived(request)
    seen.push({ arriving: isArriving(request), unread: request.readableLength })
    response.end(request.destroyed ? '' : String(await read(request)))
  }
  const server = createServer((request, response) => void answerTo(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const open = async (head: string): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      .setNoDelay()
      .setEncoding('utf8')
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n`)
    return socket
  }
  return { seen, open }
}

const answer = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]).split('\r\n\r\n')[1]!

test.each(
  Object.keys(readers).flatMap((name) =>
    [
      ['at once', 0],
      ['in parts', 20],
    ].map(([how, gapMs]) => [name, how, gapMs] as const),
  ),
)('a body that is read %s, and comes %s, is there before it is read, and whole', async (name, _how, gapMs) => {
  for (const [head, parts, bytes] of [
    ['Content-Length: 0', [], 0],
    ['Content-Length: 4', ['ab', 'cd'], 4],
    ['Transfer-Encoding: chunked', ['0\r\n\r\n'], 0],
    ['Transfer-Encoding: chunked', ['2\r\nab\r\n', '2\r\ncd\r\n', '0\r\n\r\n'], 4],
  ] as const) {
    const { seen, open } = await serve(readers[name]!)
    const socket = await open(head)
    const answered = answer(socket)
    for (const part of parts) {
      if (Number(gapMs) > 0) await sleep(Number(gapMs))
      socket.write(part)
    }
    expect(await answered, head).toMatch(new RegExp(`^(1\\r\\n)?${bytes}`))
    expect(seen).toEqual([{ arriving: false, unread: bytes }])
  }
})

test('a body that does not fit is not waited for to its end', async () => {
  const { seen, open } = await serve(readers['by iteration']!)
  const socket = await open('Content-Length: 200000')
  socket.write('x'.repeat(150_000))
  await expect.poll(() => seen).toMatchObject([{ arriving: true }])
  socket.write('x'.repeat(50_000))
  expect(await answer(socket)).toMatch(/200000$/)
})

test('a client that goes ends the waiting', async () => {
  const { seen, open } = await serve(readers['by iteration']!)
  const socket = await open('Content-Length: 10')
  socket.write('x')
  await sleep(30)
  expect(seen).toEqual([])
  socket.on('error', () => undefined).resetAndDestroy()
  await expect.poll(() => seen.length).toBe(1)
})

test('a body that somebody reads already is not waited for', async () => {
  const server = createServer((request, response) => {
    request.resume()
    response.end(whenArrived(request) === undefined ? 'at once' : 'later')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  expect(await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' })).text()).toBe('at once')
})
