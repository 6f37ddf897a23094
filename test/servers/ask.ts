/** One command to one server, over a connection of its own: how the machinery talks to what it has started. */
import { Redis } from 'ioredis'
import type { Address } from './server-process.ts'

/** The reply to one command. A server that does not answer within 2 s is an error. */
export async function ask<Reply = string>({ host, port }: Address, command: string, ...args: (string | number)[]): Promise<Reply> {
  const client = new Redis({
    host,
    port,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
    commandTimeout: 2000,
  })
  client.on('error', () => {})
  try {
    return (await client.call(command, ...args)) as Reply
  } finally {
    client.disconnect()
  }
}
