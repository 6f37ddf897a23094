import { EventEmitter } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import type { ResponseFacts } from '../http-limit.ts'
import { type NodeResponse, type NodeSocket, whenEnded } from './node-response.ts'

interface Fake extends EventEmitter {
  statusCode: number
  writableEnded: boolean
  writableFinished: boolean
  closed?: boolean
  req?: { socket: NodeSocket & EventEmitter }
  stream?: { destroyed: boolean }
}

function response(own: Partial<Fake> = {}): Fake {
  return Object.assign(new EventEmitter(), { statusCode: 200, writableEnded: false, writableFinished: false, ...own }) as Fake
}

const socket = (destroyed = false) => Object.assign(new EventEmitter(), { destroyed }) as NodeSocket & EventEmitter
const header = (name: string) => `value of ${name}`

function watched(fake: Fake) {
  const ended = vi.fn()
  whenEnded(fake as unknown as NodeResponse, header, ended)
  return ended
}

/** Sends the whole response. */
function finish(fake: Fake): void {
  fake.writableEnded = true
  fake.writableFinished = true
  fake.emit('finish')
}

describe('the end of a response of Node', () => {
  test('comes once, with its status and headers', () => {
    const fake = response({ statusCode: 404 })
    const ended = watched(fake)
    expect(ended).not.toHaveBeenCalled()
    finish(fake)
    fake.emit('close')
    expect(ended).toHaveBeenCalledExactlyOnceWith({ status: 404, aborted: false, header: expect.any(Function) })
  })

  test('is an abort where the server breaks it off with an error, though it has ended it', () => {
    const sent = { errored: new Error('the upstream is gone'), writableEnded: true, writableFinished: true }
    for (const event of ['finish', 'close']) {
      const fake = response()
      const ended = watched(fake)
      Object.assign(fake, sent).emit(event)
      expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ status: 200, aborted: true }))
    }
  })

  test('has the headers that were sent with the head, or else those that the framework keeps', () => {
    const read = (head?: string): readonly (string | undefined)[] => {
      const fake = Object.assign(response(), { _header: head })
      const ended = watched(fake)
      finish(fake)
      const facts = ended.mock.calls[0]![0] as ResponseFacts
      return ['X-Tokens', 'via', 'x-kept', 'HTTP/1.1 200 OK\r\nx-tokens'].map(facts.header)
    }
    const head = 'HTTP/1.1 200 OK\r\nx-tokens:  7 \r\nVia: a:1\r\nVia: b\r\n\r\n'
    expect(read(head)).toEqual(['7', 'a:1, b', undefined, undefined])
    expect(read()).toEqual(['X-Tokens', 'via', 'x-kept', 'HTTP/1.1 200 OK\r\nx-tokens'].map(header))
  })

  test('is an abort where the connection closes before the response is sent', () => {
    const fake = response()
    const ended = watched(fake)
    fake.emit('close')
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ aborted: true }))
  })

  test('is an abort where a socket closes that the response has not reached yet', () => {
    const own = socket()
    const ended = watched(response({ req: { socket: own } }))
    own.emit('close')
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ aborted: true }))
  })

  test.each<[string, Partial<Fake>, boolean]>([
    ['sent', { writableEnded: true, writableFinished: true }, false],
    ['closed', { closed: true }, true],
    ['on a socket that is gone', { req: { socket: socket(true) } }, true],
    ['on a stream that is gone', { stream: { destroyed: true } }, true],
  ])('is seen at once where the response is %s already', (_what, own, aborted) => {
    expect(watched(response(own))).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ aborted }))
  })

  test('under HTTP/2 a reset finishes a stream too, and is an abort', () => {
    const fake = response({ stream: { destroyed: false } })
    const ended = watched(fake)
    fake.emit('finish')
    expect(ended).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ aborted: true }))
  })

  test('takes one listener of a socket, however many responses wait on it, and none stays behind', () => {
    const own = socket()
    const fakes = Array.from({ length: 20 }, () => response({ req: { socket: own } }))
    const calls = fakes.map(watched)
    expect(own.listenerCount('close')).toBe(1)
    for (const fake of fakes.slice(0, 10)) finish(fake)
    own.emit('close')
    expect(calls.map((ended) => ended.mock.calls.map(([facts]) => facts.aborted))).toEqual([
      ...Array.from({ length: 10 }, () => [false]),
      ...Array.from({ length: 10 }, () => [true]),
    ])
  })
})
