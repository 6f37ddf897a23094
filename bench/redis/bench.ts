/** What one decision on Redis costs, over loopback: beside the cheapest script, the cheapest command, and the stores of the peers. */
import { Redis } from 'ioredis'
import { type Contender, interleave, median, rounded } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import type { Decider, MakeDecider } from './contenders.ts'
import * as contenders from './contenders.ts'
import { refusalClaims, refusalRows } from './refusals.ts'
import { startServer } from './server.ts'

const rounds = 7
const keys = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)

const { trivial, bare, incr, sluice, sluiceThree, sluiceSlow, flexible, express, fastify, thrice } = contenders
const oneLimit = {
  'EVALSHA return 1': trivial,
  'EVALSHA TIME, GET, SET': bare,
  INCR: incr,
  sluice,
  'rate-limiter-flexible': flexible,
  'rate-limit-redis': express,
  '@fastify/rate-limit': fastify,
}
const threeLimits = {
  'sluice, in one step': sluiceThree,
  'rate-limiter-flexible': thrice(flexible),
  'rate-limit-redis': thrice(express),
  '@fastify/rate-limit': thrice(fastify),
}

/** Runs every scenario. */
export async function benchRedis(): Promise<Result> {
  const server = await startServer()
  const rows: Row[] = []
  for (const concurrency of [1, 16, 128]) rows.push(...(await compare(server.port, `${concurrency} at once`, concurrency, oneLimit)))
  rows.push(...(await compare(server.port, 'three limits, 16 at once', 16, threeLimits)))
  rows.push(...(await weigh(server.port)))
  rows.push(...(await refusalRows(server.port, rounds)))
  server.stop()
  const versions = versionsOf('@sluice/redis', 'ioredis', 'rate-limiter-flexible', 'rate-limit-redis', '@fastify/rate-limit')
  return { unit: 'nanoseconds a decision', rounds, versions, rows, claims: claimsOf(rows) }
}

/** Time first, and then of the same turns: half and all but a hundredth of the answers, and the CPU of server and client. */
async function compare(port: number, scenario: string, concurrency: number, makers: Readonly<Record<string, MakeDecider>>): Promise<Row[]> {
  const server = new Redis(port)
  const deciders = await Promise.all(Object.entries(makers).map(async ([name, make]) => [name, await make(port)] as const))
  const asides = new Map<string, Map<string, number[]>>()
  const measured = deciders.map(([name, decider]): Contender => {
    return {
      name,
      async measure() {
        const turn = await run(server, decider, concurrency)
        for (const [what, nanos] of Object.entries(turn.aside)) noted(asides, what, name).push(nanos)
        return turn.nanos
      },
    }
  })
  const rows = await interleave(scenario, measured, rounds)
  for (const [what, byName] of asides) for (const [name, samples] of byName) rows.push(asideRow(`${scenario}, ${what}`, name, samples))
  await Promise.all(deciders.map(([, decider]) => decider.close()))
  await server.quit()
  return rows
}

const buckets = 100_000

/** What a bucket of each takes of the server's memory, its expiry included; for the same key, before which each puts a prefix of its own. */
async function weigh(port: number): Promise<Row[]> {
  const server = new Redis(port)
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await server.info('memory'))![1])
  const rows: Row[] = []
  for (const [contender, make] of Object.entries({
    sluice: sluiceSlow,
    'rate-limiter-flexible': flexible,
    'rate-limit-redis': express,
    '@fastify/rate-limit': fastify,
  })) {
    const decider = await make(port)
    await server.flushall()
    const before = await used()
    for (let i = 0; i < buckets; i += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, j) => decider.decide(String(i + j).padStart(13, '0'))))
    }
    const bytes = Math.round(((await used()) - before) / buckets)
    rows.push({ scenario: 'bytes a bucket', contender, median: bytes, min: bytes, max: bytes, ratio: null })
    await decider.close()
  }
  await server.quit()
  return rows
}

interface Turn {
  readonly nanos: number
  readonly aside: Readonly<Record<string, number>>
}

async function run(server: Redis, decider: Decider, concurrency: number): Promise<Turn> {
  const count = concurrency === 1 ? 1500 : 5000
  const waits: number[] = []
  let left = count
  const serverBefore = await cpuOf(server)
  const clientBefore = process.cpuUsage()
  const start = performance.now()
  const ask = async (): Promise<void> => {
    while (left-- > 0) {
      const sent = performance.now()
      await decider.decide(keys[left % keys.length]!)
      waits.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, ask))
  const tookMs = performance.now() - start
  const client = process.cpuUsage(clientBefore)
  const serverNanos = ((await cpuOf(server)) - serverBefore) * 1e9
  waits.sort((a, b) => a - b)
  const at = (share: number): number => waits[Math.floor(share * (waits.length - 1))]! * 1e6
  const aside = {
    p50: at(0.5),
    p99: at(0.99),
    'CPU of the server': serverNanos / count,
    'CPU of the client': ((client.user + client.system) * 1000) / count,
  }
  return { nanos: (tookMs * 1e6) / count, aside }
}

async function cpuOf(server: Redis): Promise<number> {
  const info = await server.info('cpu')
  return [...info.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].reduce((sum, [, seconds]) => sum + Number(seconds), 0)
}

function noted(asides: Map<string, Map<string, number[]>>, what: string, name: string): number[] {
  const byName = asides.get(what) ?? new Map<string, number[]>()
  asides.set(what, byName)
  const samples = byName.get(name) ?? []
  byName.set(name, samples)
  return samples
}

/** Turns that warmed up are left out here too. */
function asideRow(scenario: string, contender: string, all: readonly number[]): Row {
  const samples = all.slice(-rounds)
  const [min, max] = [Math.min(...samples), Math.max(...samples)]
  return { scenario, contender, median: rounded(median(samples), 0), min: rounded(min, 0), max: rounded(max, 0), ratio: null }
}

function claimsOf(rows: readonly Row[]): Claim[] {
  const rowOf = (scenario: string, contender: string): Row | undefined =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)
  const ratio = (scenario: string): number => rowOf(scenario, 'sluice')?.ratio ?? Number.NaN
  const three = 'three limits, 16 at once'
  const peers = ['rate-limiter-flexible', 'rate-limit-redis', '@fastify/rate-limit'].map((peer) => rowOf(three, peer)?.ratio ?? Number.NaN)
  return [
    { text: 'sluice to the trivial EVALSHA, 1 at once', measured: ratio('1 at once'), atMost: 1.35 },
    { text: 'sluice to the trivial EVALSHA, 16 at once', measured: ratio('16 at once'), atMost: 1.25 },
    { text: 'bytes a bucket of sluice', measured: rowOf('bytes a bucket', 'sluice')?.median ?? Number.NaN, atMost: 185 },
    { text: 'three limits in one step to three of the fastest peer', measured: rounded(1 / Math.min(...peers), 2), atMost: 1 },
    ...refusalClaims(rows),
  ]
}
