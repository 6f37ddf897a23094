/** A connector without a Redis library: RESP 2 on a socket, as an application might write it. */
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { RedisConnector } from '@sluice/redis'
import { replyReader } from './reply-reader.ts'

interface Server {
  readonly host?: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly tls?: boolean
}

type Waiting = { readonly resolve: (reply: unknown) => void; readonly reject: (error: Error) => void }

/** A connector to one server. */
export function connector({ host = '127.0.0.1', port, username, password, tls = false }: Server): RedisConnector {
  return {
    connect: (lost) =>
      new Promise((resolve, reject) => {
        const socket = tls ? connectTls({ host, port }) : connect({ host, port, noDelay: true })
        const waiting: Waiting[] = []
        const send = (args: readonly string[]): Promise<unknown> =>
          new Promise((done, fail) => {
            waiting.push({ resolve: done, reject: fail })
            socket.write(`*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`)
          })
        const read = replyReader((reply) => {
          const first = waiting.shift()
          if (reply instanceof Error) first?.reject(reply)
          else first?.resolve(reply)
        })
        const fail = (cause: Error): void => {
          reject(cause)
          lost(cause)
        }
        socket.unref()
        socket.on('data', read)
        socket.on('error', fail)
        socket.on('close', () => fail(new Error('Redis closed the connection')))
        socket.on(tls ? 'secureConnect' : 'connect', () => {
          const connection = { send, close: () => socket.destroy() }
          if (password === undefined) resolve(connection)
          else send(['AUTH', ...(username === undefined ? [] : [username]), password]).then(() => resolve(connection), reject)
        })
      }),
  }
}
