/** Two servers side by side: one limited by a peer, one by sluice, and a client that must see the same of both. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MaybePromise } from '@sluice/core'

/** One row of a guide that claims the same behaviour. */
export interface Comparison {
  /** A server with the peer's option. */
  readonly theirs: () => MaybePromise<Server>
  /** The same server with ours. */
  readonly ours: () => MaybePromise<Server>
  /** What a client does, and what it sees. */
  see(client: Client): Promise<unknown>
  /** What it sees of both. */
  readonly seen: unknown
}

/** The comparisons with one peer, by the first cell of their row. */
export type Comparisons = Readonly<Record<string, Comparison>>

/** A client of one server. */
export interface Client {
  /** `GET`s a path. @param headers - such as `X-Forwarded-For`, which both servers believe */
  ask(path?: string, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** The statuses of `GET`s, each sent when the one before was answered and settled. */
  statuses(...paths: readonly string[]): Promise<readonly number[]>
}

/** An answer, read to its end. */
export interface Reply {
  readonly status: number
  header(name: string): string | null
  readonly body: string
}

/** What a client sees of a server that is started for it alone. */
export async function seenOf(site: () => MaybePromise<Server>, see: Comparison['see']): Promise<unknown> {
  const server = await site()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await see(clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** An address that lets a client act as several. */
export function from(address: string): Readonly<Record<string, string>> {
  return { 'X-Forwarded-For': address }
}

/** Spends a limit of two, waits as long as the refusal says, and spends it again. @returns the statuses */
export async function overTwoWindows({ ask, statuses }: Client): Promise<unknown> {
  const passed = await statuses('/', '/')
  const refused = await ask()
  await sleep(Number(refused.header('Retry-After')) * 1000)
  return [passed, refused.status, await statuses('/', '/', '/')]
}

/** Requests of these users. @returns their statuses */
export function asUsers(...users: readonly string[]): Comparison['see'] {
  return async ({ ask }) => {
    const statuses: number[] = []
    for (const user of users) statuses.push((await ask('/', { 'X-User': user })).status)
    return statuses
  }
}

function clientOf(url: string): Client {
  const ask: Client['ask'] = async (path = '/', headers = {}) => {
    const response = await fetch(url + path, { headers })
    const body = await response.text()
    // What is settled when a response has ended is settled a moment after its client has read it.
    await sleep(10)
    return { status: response.status, header: (name) => response.headers.get(name), body }
  }
  return {
    ask,
    async statuses(...paths) {
      const statuses: number[] = []
      for (const path of paths) statuses.push((await ask(path)).status)
      return statuses
    },
  }
}

/** What a client reads at some paths, one after the other. */
export async function bodies({ ask }: Client, ...paths: readonly string[]): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (const path of paths) all.push(JSON.parse((await ask(`/${path}`)).body))
  return all
}
