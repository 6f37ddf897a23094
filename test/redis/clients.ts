/** The clients that the store works with, each of which makes a client of one server, of Sentinels or of a Cluster. */
import type { RedisClient } from '@sluice/redis'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { Cluster as ValkeyCluster, Redis as ValkeyRedis } from 'iovalkey'
import { createClient, createCluster, createSentinel } from 'redis'
import { createClient as createClient5, createCluster as createCluster5, createSentinel as createSentinel5 } from 'redis-5'
import { connector } from './connector.ts'
import { glideOfGuide } from './glide.ts'

interface Place {
  readonly host?: string
  readonly port: number
}

/** How a client of one server is made. */
export interface OneServer extends Place {
  readonly username?: string
  readonly password?: string
  readonly tls?: boolean
  /** Whether it waits for its first command. */
  readonly lazy?: boolean
}

export interface Sentinels {
  readonly sentinels: readonly Place[]
  readonly name: string
  /** From the addresses that Sentinels tell to those that the client reaches. */
  readonly natMap?: Readonly<Record<string, Required<Place>>>
}

/** A library that makes clients. */
export interface Library {
  readonly library: string
  one(server: OneServer): RedisClient
  sentinel(sentinels: Sentinels): RedisClient
  cluster(nodes: readonly Place[]): RedisClient
}

/** A version of ioredis; the part of its interface that is used here is the same in all. */
interface Version {
  readonly library: string
  readonly Client: typeof Redis
  readonly ClusterClient: typeof Cluster
}

const ioredises: readonly Version[] = [
  { library: 'ioredis 6', Client: Redis, ClusterClient: Cluster },
  { library: 'ioredis 5', Client: Redis5 as unknown as typeof Redis, ClusterClient: Cluster5 as unknown as typeof Cluster },
  { library: 'iovalkey', Client: ValkeyRedis as unknown as typeof Redis, ClusterClient: ValkeyCluster as unknown as typeof Cluster },
]

const nodeRedises = [
  { library: 'node-redis 6', createClient, createSentinel, createCluster },
  {
    library: 'node-redis 5',
    createClient: createClient5 as unknown as typeof createClient,
    createSentinel: createSentinel5 as unknown as typeof createSentinel,
    createCluster: createCluster5 as unknown as typeof createCluster,
  },
]

/** A client of a caller, quiet about what its server is made to suffer. */
export function quiet<Client extends { on(event: 'error', listener: () => void): unknown }>(client: Client): Client {
  client.on('error', () => {})
  return client
}

/** A client of node-redis that connects now; what its connection suffers is no error of a test. */
function opened<Client extends { connect(): Promise<unknown>; on(event: 'error', listener: () => void): unknown }>(
  client: Client,
  lazy = false,
): Client {
  quiet(client)
  if (!lazy)
    attempts.set(
      client,
      client.connect().catch(() => {}),
    )
  return client
}

/** The first attempts of clients of node-redis to connect. */
const attempts = new WeakMap<object, Promise<unknown>>()

/** Waits until a client has connected. A Cluster of node-redis that is ended before that connects all the same, and stays connected. */
export async function attempted(client: RedisClient): Promise<void> {
  await attempts.get(client)
}

/** Whether every test runs with every library, and not only with the newest of each family. */
const all = process.env['SLUICE_EVERY_CLIENT'] === '1'

export const libraries: readonly Library[] = [
  ...ioredises.map(
    ({ library, Client, ClusterClient }): Library => ({
      library,
      one: ({ lazy = false, tls = false, ...server }) =>
        quiet(new Client({ host: '127.0.0.1', ...server, ...(tls ? { tls: {} } : {}), lazyConnect: lazy })),
      sentinel: ({ sentinels, name, natMap = {} }) => quiet(new Client({ sentinels: [...sentinels], name, natMap })),
      cluster: (nodes) => quiet(new ClusterClient([...nodes])),
    }),
  ),
  ...nodeRedises.map(
    ({ library, ...make }): Library => ({
      library,
      one: ({ lazy, host = '127.0.0.1', port, tls = false, ...user }) =>
        opened(make.createClient({ ...user, socket: tls ? { host, port, tls } : { host, port } }), lazy),
      sentinel: ({ sentinels, name, natMap = {} }) =>
        opened(
          make.createSentinel({
            name,
            sentinelRootNodes: sentinels.map(({ host = '127.0.0.1', port }) => ({ host, port })),
            nodeAddressMap: natMap,
          }),
        ),
      cluster: (nodes) =>
        opened(make.createCluster({ rootNodes: nodes.map(({ host = '127.0.0.1', port }) => ({ socket: { host, port } })) })),
    }),
  ),
  { library: 'a connector', one: connector, sentinel: ofOneServer, cluster: ofOneServer },
  ...(all ? [{ library: 'GLIDE', one: await glideOfGuide(), sentinel: ofOneServer, cluster: ofOneServer }] : []),
]

function ofOneServer(): never {
  throw new Error('This connector leads to one server')
}

/** One of the libraries. */
export function libraryOf(name: string): Library {
  return libraries.find(({ library }) => library === name)!
}

const newest = ['ioredis 6', 'node-redis 6']

/** The libraries for a test that costs much time. */
export const mainLibraries: readonly Library[] = all ? libraries : libraries.filter(({ library }) => newest.includes(library))

/** The libraries that know Sentinels and Clusters. */
export const placedLibraries: readonly Library[] = libraries.filter(({ sentinel }) => sentinel !== ofOneServer)
export const mainPlacedLibraries: readonly Library[] = all
  ? placedLibraries
  : placedLibraries.filter(({ library }) => newest.includes(library))

/** Ends a client of any library, at once. */
export function endClient(client: RedisClient): unknown {
  if ('disconnect' in client && 'status' in client) return (client as unknown as Redis).disconnect()
  // One that has not connected yet, or has ended, says so by an error.
  if ('destroy' in client)
    return Promise.resolve()
      .then(() => client.destroy())
      .catch(() => {})
  return undefined
}
