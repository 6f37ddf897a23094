/** A master, two replicas and three Sentinels that notice a dead master within a second and promote a replica. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask } from './ask.ts'
import { freePort } from './free-port.ts'
import { redisProgram } from './redis-program.ts'
import { type RedisServer, startRedis, temporaryDir } from './redis-server.ts'
import { masterPortFrom, viewOf } from './sentinel-view.ts'
import { type Address, type ServerProcess, startServerProcess } from './server-process.ts'
import { until } from './until.ts'

export interface Sentinel extends AsyncDisposable {
  /** The name clients ask for. */
  readonly name: string
  readonly sentinels: readonly ServerProcess[]
  /** Master and replicas alike, in the order they were started. */
  readonly servers: readonly RedisServer[]
  /** The master as last agreed by `startSentinel`, `failover` or `promoted`. */
  master(): RedisServer
  /** The servers other than the master. */
  replicas(): RedisServer[]
  /** Has the Sentinels hand the role over while the master lives, and resolves with the new one. The old one takes writes for another second or two. */
  failover(): Promise<RedisServer>
  /** Ends the master's process, once an earlier change of masters is over; what the replicas lack is lost. Until `promoted()` there is no master. */
  killMaster(): Promise<void>
  /** Resolves with the new master, once all Sentinels that answer name one and it takes writes. */
  promoted(): Promise<RedisServer>
  stop(): Promise<void>
}

export interface SentinelOptions {
  /** @default 'sluice' */
  readonly name?: string
  /** Silence after which the first Sentinel takes the master for dead; each further one is as patient again. @default 500 */
  readonly downAfterMs?: number
}

// How often Sentinels greet each other, ask servers for their role, and vote: seconds in life, less in a test. Some must not be too
// short. A replica counts as fit for five pings' time after its last report, and while the master is down reports come every
// second, whatever is set here. And a busy machine that keeps a Sentinel waiting for 2 s sends it into TILT, for 30 s of nothing.
const periodsMs = {
  'publish-period': 100,
  'info-period': 200,
  'ping-period': 300,
  'ask-period': 100,
  'election-timeout': 2000,
  'tilt-period': 500,
  'min-link-reconnect-period': 500,
}
// Greetings are slower once the Sentinels know each other. A Sentinel demotes a replica that calls itself master after four periods of
// greetings. In a failover by command, the Sentinel that promoted the replica may need a second to announce that.
const settledMs = { 'publish-period': 400 }

/** Starts the trio and waits until every Sentinel knows both replicas and both of its fellows. */
export async function startSentinel({ name = 'sluice', downAfterMs = 500 }: SentinelOptions = {}): Promise<Sentinel> {
  const servers = await startReplicated()
  const sentinels = await Promise.all(servers.map((_, i) => startOne(name, servers[0]!, downAfterMs * (i + 1))))
  let master = servers[0]!
  const replicas = (): RedisServer[] => servers.filter((server) => server !== master)

  /**
   * Until then the Sentinels are busy with the last change of masters, and may miss the next one for seconds. On a busy machine they may have
   * replaced a master that was only slow, so the master is the one that they agree about.
   */
  const settled = (): Promise<void> =>
    until(
      async () => {
        const views = await answersOf(sentinels, (one) => viewOf(one, name))
        const agreed = servers.find(({ port }) => views.every((view) => view.masterPort === port && view.calm && view.fellows === 2))
        if (agreed === undefined) return false
        master = agreed
        const alive = (await answersOf(replicas(), (server) => ask(server, 'PING'))).length
        return views.every(({ fitReplicas }) => fitReplicas === alive)
      },
      { what: 'the Sentinels to agree about everything' },
    )
  const promoted = async (): Promise<RedisServer> => {
    await until(
      async () => {
        const ports = new Set(await answersOf(sentinels, (one) => masterPortFrom(one, name)))
        const next = servers.find((server) => ports.size === 1 && ports.has(server.port))
        if (next === undefined || next === master || (await roleOf(next)) !== 'master') return false
        master = next
        return true
      },
      { what: 'the promotion of a replica' },
    )
    return master
  }
  await settled()
  await Promise.all(sentinels.map((one) => setPeriods(one, settledMs)))

  const stop = async (): Promise<void> => {
    await Promise.all([...sentinels, ...servers].map((server) => server.stop()))
  }
  return {
    name,
    sentinels,
    servers,
    master: () => master,
    replicas,
    async failover() {
      await settled()
      await ask(sentinels[0]!, 'SENTINEL', 'FAILOVER', name)
      return promoted()
    },
    async killMaster() {
      await settled()
      await master.kill()
    },
    promoted,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** A master with two replicas in sync: a Sentinel that finds them at its first look need not wait 10 s for the next. */
async function startReplicated(): Promise<RedisServer[]> {
  const promptly = ['--repl-diskless-sync-delay', '0']
  const master = await startRedis({ args: promptly })
  const follow = [...promptly, '--replicaof', `${master.host} ${master.port}`]
  const replicas = await Promise.all([startRedis({ args: follow }), startRedis({ args: follow })])
  for (const replica of replicas) {
    await until(async () => (await ask(replica, 'INFO', 'replication')).includes('master_link_status:up'), { what: 'a replica in sync' })
  }
  return [master, ...replicas]
}

// Any one may start an election, and the most impatient does; the majority must still vote for it. With equal patience they
// would often all stand at once, split the vote, and wait for seconds before they try again.
const quorum = 1

async function startOne(name: string, master: Address, downAfterMs: number): Promise<ServerProcess> {
  const [port, dir] = await Promise.all([freePort(), temporaryDir()])
  const config = join(dir, 'sentinel.conf')
  await writeFile(
    config,
    `port ${port}
bind 127.0.0.1
dir ${dir}
sentinel monitor ${name} ${master.host} ${master.port} ${quorum}
sentinel down-after-milliseconds ${name} ${downAfterMs}
sentinel failover-timeout ${name} 2000
`,
  )
  const args = [config, '--sentinel']
  const sentinel = await startServerProcess({ command: await redisProgram(), args, port, dir, removeDir: true, ready: /Sentinel ID is/ })
  await setPeriods(sentinel, periodsMs)
  return sentinel
}

async function setPeriods(sentinel: Address, periods: Readonly<Record<string, number>>): Promise<void> {
  await ask(sentinel, 'SENTINEL', 'DEBUG', ...Object.entries(periods).flat())
}

/** The answers of those that answer. */
async function answersOf<From, Answer>(all: readonly From[], question: (one: From) => Promise<Answer>): Promise<Answer[]> {
  const answers = await Promise.allSettled(all.map(question))
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}

async function roleOf(server: Address): Promise<string> {
  const [role] = await ask<[string]>(server, 'ROLE')
  return role
}
