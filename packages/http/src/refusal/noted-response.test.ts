import { createReadStream } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, pipeline } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { notedResponse, takesNext } from './noted-response.ts'

/** The reply to a request whose response is handled so. */
async function replyTo(handle: (response: ServerResponse) => unknown): Promise<Response> {
  const server = createServer((_request, response) => void handle(response)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { headers: { connection: 'close' } })
}

describe('a response', () => {
  test('is not used by a log, nor by its status and its headers', async () => {
    const reply = await replyTo((response) => {
      const { response: own, isUsed } = notedResponse(response)
      own.statusCode = 418
      own.setHeader('x-own', '1').appendHeader('x-own', '2')
      own.on('finish', () => undefined)
      expect([own.statusCode, own.getHeader('x-own'), own.headersSent, own.hasHeader('x'), own.listenerCount('finish')]).toContain(418)
      response.end(String(isUsed()))
    })
    expect([reply.status, reply.headers.get('x-own'), await reply.text()]).toEqual([418, '1, 2', 'false'])
  })

  test.each<[how: string, use: (response: ServerResponse) => unknown, body: string]>([
    ['ends', (response) => response.end('own'), 'own'],
    ['ends behind other calls', (response) => response.setHeader('x-own', '1').writeHead(200).end('own'), 'own'],
    ['gets a stream', (response) => createReadStream(import.meta.filename).pipe(response), 'refusal'],
    ['gets a stream that is slow', (response) => void slow().pipe(response), 'slow'],
    ['ends a pipeline', (response) => pipeline(slow(), response, () => undefined), 'slow'],
    ['keeps a method for later', ({ end }) => setTimeout(() => end('later'), 5), 'later'],
    ['has a socket that is written', ({ socket }) => socket!.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nraw'), 'raw'],
  ])('is used where it %s', async (_how, use, body) => {
    const reply = await replyTo((response) => {
      const noted = notedResponse(response)
      use(noted.response)
      expect(noted.isUsed()).toBe(true)
    })
    expect(await reply.text()).toContain(body)
  })

  test('that is closed takes nothing more, and still tells its status', async () => {
    const reply = await replyTo((response) => {
      const noted = notedResponse(response)
      response.writeHead(429).end('ours')
      noted.close()
      expect(noted.response.setHeader('x-late', '1').end('late')).toBe(noted.response)
      noted.response.statusCode = 200
      expect([noted.response.statusCode, noted.response.getHeader('x-late')]).toEqual([429, undefined])
    })
    expect([reply.status, await reply.text()]).toEqual([429, 'ours'])
  })
})

test('a function of an application is no method of its response', () => {
  const app = Object.assign(() => 'app', { locals: 1 })
  const noted = notedResponse({ app })
  expect([noted.response.app, noted.isUsed()]).toEqual([app, false])
})

test('next is a fourth parameter', () => {
  expect([takesNext((_a: 1, _b: 2, _c: 3) => 0), takesNext((_a: 1, _b: 2, _c: 3, _d: 4) => 0)]).toEqual([false, true])
})

function slow(): PassThrough {
  const stream = new PassThrough()
  setTimeout(() => stream.end('slow'), 5)
  return stream
}
