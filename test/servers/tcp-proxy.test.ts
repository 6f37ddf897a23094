import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from './free-port.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'
import { until } from './until.ts'

let echo: Server
let heard: string
let proxy: TcpProxy

beforeEach(async () => {
  heard = ''
  echo = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard += chunk.toString()
      socket.write(`<${chunk.toString()}>`)
    })
  })
  const port = await freePort()
  await once(echo.listen(port, '127.0.0.1'), 'listening')
  proxy = await startProxy({ host: '127.0.0.1', port })
})
afterEach(async () => {
  await proxy.stop()
  echo.close()
})

interface Client {
  readonly socket: Socket
  received: string
  /** `undefined` while open, then the code of the error that closed it, or 'end'. */
  closed: string | undefined
}

async function dial(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1')
  const client: Client = { socket, received: '', closed: undefined }
  socket.on('data', (chunk) => {
    client.received += chunk.toString()
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.closed = error.code
  })
  socket.on('close', () => {
    client.closed ??= 'end'
  })
  await once(socket, 'connect')
  return client
}

async function roundTrip(client: Client, request: string, reply: string): Promise<void> {
  client.socket.write(request)
  await until(() => client.received.endsWith(reply), { what: reply, everyMs: 1 })
}

const closed = (client: Client): Promise<void> => until(() => client.closed !== undefined, { what: 'the end', everyMs: 1 })
/** Long enough for anything that is going to happen: proxy and servers live in this process, and after each pause all have read what came. */
async function aWhile(): Promise<void> {
  for (let pause = 0; pause < 5; pause++) await sleep(10)
}

test('passes bytes on and counts them, and its connections', async () => {
  const [a, b] = await Promise.all([dial(), dial()])
  await roundTrip(a, 'hello', '<hello>')
  expect(proxy.bytes).toEqual({ requests: 5, replies: 7 })
  expect(proxy.connections()).toBe(2)
  b.socket.end()
  await until(() => proxy.connections() === 1, { what: 'one to leave' })
  expect(proxy.accepted()).toBe(2)
  expect(a.closed).toBeUndefined()
})

test('delays both ways, and one way', async () => {
  const client = await dial()
  const timed = async (request: string): Promise<number> => {
    const from = performance.now()
    await roundTrip(client, request, `<${request}>`)
    return performance.now() - from
  }
  proxy.delay(100)
  expect(await timed('both')).toBeGreaterThanOrEqual(200)
  proxy.delay(0, { direction: 'requests' })
  const oneWay = [await timed('one'), await timed('two'), await timed('three')]
  // A busy machine holds up one answer, but hardly all.
  expect(Math.min(...oneWay)).toBeGreaterThanOrEqual(100)
  expect(Math.min(...oneWay)).toBeLessThan(200)
  await proxy.heal()
  expect(Math.min(await timed('four'), await timed('five'), await timed('six'))).toBeLessThan(100)
})

test('keeps the order of bytes when the delay shrinks', async () => {
  const client = await dial()
  proxy.delay(60_000, { direction: 'requests' })
  client.socket.write('a')
  await aWhile()
  proxy.delay(1, { direction: 'requests' })
  client.socket.write('b')
  await until(() => heard.length === 2, { what: 'both' })
  expect(heard).toBe('ab')
})

test('holds bytes for ever, and delivers them once healed', async () => {
  const client = await dial()
  proxy.delay(Number.POSITIVE_INFINITY, { direction: 'requests' })
  client.socket.write('late')
  await aWhile()
  expect(heard).toBe('')
  await proxy.heal()
  await until(() => client.received === '<late>', { what: 'the late reply' })
})

test('cuts the reply to a request that was carried out', async () => {
  const client = await dial()
  await roundTrip(client, 'a', '<a>')
  proxy.cutReplies()
  client.socket.write('b')
  await closed(client)
  expect(client.closed).toBe('end')
  expect(client.received).toBe('<a>')
  expect(heard).toBe('ab')
})

test('cuts exactly the next two replies', async () => {
  proxy.cutReplies({ count: 2 })
  const [a, b, c] = [await dial(), await dial(), await dial()]
  for (const client of [a, b]) {
    client.socket.write('x')
    await closed(client)
  }
  await roundTrip(c, 'y', '<y>')
})

test('cuts only replies to requests that it was told', async () => {
  const client = await dial()
  proxy.cutReplies({ count: 1, to: /incr/i })
  await roundTrip(client, 'PING', '<PING>')
  client.socket.write('INCR')
  await closed(client)
  expect(client.received).toBe('<PING>')
  await roundTrip(await dial(), 'INCR', '<INCR>')
})

test('a black hole swallows requests, replies and ends, on old and new connections', async () => {
  const old = await dial()
  await roundTrip(old, 'a', '<a>')
  proxy.blackHole()
  const young = await dial()
  for (const client of [old, young]) client.socket.write('b')
  await aWhile()
  expect(heard).toBe('a')
  expect(old).toMatchObject({ received: '<a>', closed: undefined })
  expect(young).toMatchObject({ received: '', closed: undefined })
})

test('healing a black hole resets the connections that lost bytes, and no other', async () => {
  const [loser, bystander] = await Promise.all([dial(), dial()])
  proxy.blackHole()
  loser.socket.write('lost')
  await aWhile()
  await proxy.heal()
  await closed(loser)
  expect(loser.closed).toBe('ECONNRESET')
  await roundTrip(bystander, 'b', '<b>')
  expect(heard).toBe('b')
})

test('half open, it accepts new connections without ever answering, and serves the old', async () => {
  const old = await dial()
  proxy.halfOpen()
  const young = await dial()
  young.socket.write('a')
  await roundTrip(old, 'b', '<b>')
  expect(heard).toBe('b')
  expect(young).toMatchObject({ received: '', closed: undefined })
  await proxy.heal()
  await closed(young)
})

test('refuses new connections, serves the old, and takes up its port again', async () => {
  const old = await dial()
  proxy.refuse()
  await expect(dial()).rejects.toThrow('ECONNREFUSED')
  await roundTrip(old, 'a', '<a>')
  await proxy.heal()
  await roundTrip(await dial(), 'b', '<b>')
})

test('resets all connections at once and goes on', async () => {
  const clients = await Promise.all([dial(), dial()])
  await until(() => proxy.connections() === 2, { what: 'both to be accepted' })
  proxy.resetAll()
  await Promise.all(clients.map(closed))
  expect(clients.map((client) => client.closed)).toEqual(['ECONNRESET', 'ECONNRESET'])
  await roundTrip(await dial(), 'a', '<a>')
})

test('an orderly end waits for the bytes before it', async () => {
  const client = await dial()
  proxy.delay(30)
  client.socket.end('last words')
  await closed(client)
  expect(client).toMatchObject({ received: '<last words>', closed: 'end' })
})

test('resets a client whose server is not there', async () => {
  await using deserted = await startProxy({ host: '127.0.0.1', port: await freePort() })
  const socket = connect(deserted.port, '127.0.0.1')
  await expect(once(socket, 'data')).rejects.toThrow('ECONNRESET')
})
