/** One adapter on one store: opens the sites of the tests, and takes them down again. */
import { Agent } from 'node:http'
import type { Admin, Duration, Key, MaybePromise } from '@sluice/core'
import type { HttpOptions } from '@sluice/http'
import { onTestFinished } from 'vitest'
import type { AdapterUnderTest, Site } from './adapter-under-test.ts'
import type { Registrar } from './choose-cases.ts'
import { ask, type Listening, type Question, type Reply } from './http-client.ts'
import { getRequest, openConnection, type RawConnection } from './raw-connection.ts'
import type { StoreUnderTest } from './store-under-test.ts'

/** What every part of the suite is given. */
export interface Trial extends Registrar {
  readonly adapter: AdapterUnderTest
  /** An empty store, for the rest of the test. */
  openStore(): Promise<StoreUnderTest>
  /** A site on an empty store, for the rest of the test. Without routes it has one, `GET /`. */
  open(guard: HttpOptions<unknown>, site?: Omit<Site, 'guard'>): Promise<OpenSite>
}

/** A site that listens, and clients for it. */
export interface OpenSite {
  readonly admin: Admin
  ask(question: string | Question): Promise<Reply>
  /** Asks the same several times, each when the one before is answered. */
  askTimes(times: number, question: string | Question): Promise<readonly Reply[]>
  /** Asks the same several times at once, each on a connection of its own. */
  askAtOnce(times: number, question: string | Question): Promise<readonly Reply[]>
  /** `GET`s in one write on one connection. */
  pipeline(paths: readonly string[]): Promise<readonly Reply[]>
  connect(): Promise<RawConnection>
  /** Lets time pass for the store. */
  advance(by: Duration): MaybePromise<void>
  /** Units that a key has left; the capacity of `full` where nothing is kept of it. */
  remaining(limit: string, key: Key, full: number): Promise<number>
}

/**
 * @param openStore - a new, empty store for each site
 * @param registrar - registers the cases that run
 */
export function createTrial(
  adapter: AdapterUnderTest,
  openStore: () => MaybePromise<StoreUnderTest>,
  { describe, test }: Registrar,
): Trial {
  const openForTest = async (): Promise<StoreUnderTest> => {
    const opened = await openStore()
    onTestFinished(async () => opened.close())
    return opened
  }
  return {
    adapter,
    describe,
    test,
    openStore: openForTest,
    async open(guard, site = {}) {
      const { store, advance } = await openForTest()
      const running = await adapter.start({ routes: [{ path: '/' }], ...site, guard: { store, ...guard } })
      // One connection, so that questions one after the other are quick; those at once open more.
      const agent = new Agent({ keepAlive: true })
      onTestFinished(async () => {
        agent.destroy()
        await running.close()
      })
      return clientsOf(running.admin, { port: running.port, socketPath: site.socketPath }, agent, advance)
    },
  }
}

function clientsOf(admin: Admin, server: Listening, agent: Agent, advance: StoreUnderTest['advance']): OpenSite {
  const askOne: OpenSite['ask'] = (question) => ask(server, typeof question === 'string' ? { path: question } : question, agent)
  const connect = (): Promise<RawConnection> => openConnection(server)
  return {
    admin,
    ask: askOne,
    async askTimes(times, question) {
      const replies: Reply[] = []
      while (replies.length < times) replies.push(await askOne(question))
      return replies
    },
    askAtOnce: (times, question) => Promise.all(Array.from({ length: times }, () => askOne(question))),
    async pipeline(paths) {
      const connection = await connect()
      connection.write(paths.map(getRequest).join(''))
      const replies = await connection.replies(paths.map(() => 'GET'))
      await connection.hangUp()
      return replies
    },
    connect,
    advance,
    remaining: async (limit, key, full) => (await admin.inspect(limit, key))?.remaining ?? full,
  }
}

/** The statuses of replies. */
export function statusesOf(replies: readonly Reply[]): readonly number[] {
  return replies.map((reply) => reply.status)
}

/** From the smallest, for replies whose order says nothing. */
export function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b)
}

/** Looks again and again until it is so; the settlement after a response comes when it comes. */
export async function eventually(holds: () => Promise<void>): Promise<void> {
  for (const until = performance.now() + 10_000; ; ) {
    try {
      return await holds()
    } catch (error) {
      if (performance.now() > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The codes of warnings that the process emits meanwhile. */
export async function warningsOf(act: () => Promise<void>): Promise<readonly (string | undefined)[]> {
  const codes: (string | undefined)[] = []
  const listen = (warning: Error & { code?: string }): void => void codes.push(warning.code)
  process.on('warning', listen)
  await act()
  await new Promise(setImmediate)
  process.off('warning', listen)
  return codes
}
