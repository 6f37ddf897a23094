/**
 * What a limiter costs a server: CPU time of the server's process for each request, bare, with sluice, and with the limiter that people
 * of that framework use. The load comes from this process, so that none of it is counted.
 */
import { interleave, median } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import type { Framework, Traffic } from './contenders.ts'
import { load } from './load.ts'
import { type ServerProcess, startServer } from './server-process.ts'

const rounds = 15
/**
 * Rounds in which a server is asked before a fresh process takes its place: V8 compiles the same program well in one process and badly
 * in the next, by up to a third of a request. The first processes serve the rounds that warm up.
 */
const roundsOfProcess = 3
/** Loads before a process is measured: V8 goes on compiling for some twenty thousand requests, in threads whose time would be counted. */
const warmLoads = 5

const peers: Readonly<Record<Framework, string>> = {
  fastify: '@fastify/rate-limit',
  express: 'express-rate-limit',
  hono: 'hono-rate-limiter',
}
/** Every framework that is compared. */
export const frameworks: readonly Framework[] = Object.keys(peers) as Framework[]

/** A row with the throughput beside it. */
interface HttpRow extends Row {
  /** Requests a second: the median over the rounds. The load shares the machine with the server. */
  readonly perSecond: number
}

/** Runs frameworks, all of them unless told otherwise, under passing and under refused traffic. */
export async function benchHttp(chosen: readonly Framework[] = frameworks): Promise<Result> {
  const rows: HttpRow[] = []
  for (const framework of chosen) {
    for (const traffic of ['passing', 'refused'] as const) rows.push(...(await compare(framework, traffic)))
  }
  const versions = versionsOf('@sluice/http', ...chosen, ...chosen.map((framework) => peers[framework]), 'autocannon')
  return { unit: 'nanoseconds of server CPU a request', rounds, versions, rows, claims: claimsOf(rows, chosen) }
}

async function compare(framework: Framework, traffic: Traffic): Promise<HttpRow[]> {
  const names = ['bare', 'sluice', peers[framework]]
  const throughputs = names.map((): number[] => [])
  const servers: ServerProcess[] = []
  const contenders = names.map((name, at) => {
    const expected = traffic === 'refused' && at > 0 ? 'refused' : 'passes'
    return {
      name,
      async measure() {
        if (throughputs[at]!.length % roundsOfProcess === 0) {
          await servers[at]?.stop()
          servers[at] = await warmServer(framework, name, traffic, expected)
        }
        const { cpuNanos, perSecond } = await load(servers[at]!, expected)
        throughputs[at]!.push(perSecond)
        return cpuNanos
      },
    }
  })
  const rows = await interleave(`${framework}, ${traffic}`, contenders, rounds)
  await Promise.all(servers.map((server) => server.stop()))
  return rows.map((row, at) => ({ ...row, perSecond: Math.round(median(throughputs[at]!.slice(-rounds))) }))
}

/** A server that has been asked often enough to be compiled. */
async function warmServer(framework: Framework, name: string, traffic: Traffic, expected: 'passes' | 'refused'): Promise<ServerProcess> {
  const server = await startServer(framework, name, traffic)
  // The first request of everybody passes, also where all others are refused.
  await (await fetch(server.url)).text()
  for (let i = 0; i < warmLoads; i++) await load(server, expected)
  return server
}

function claimsOf(rows: readonly Row[], chosen: readonly Framework[]): Claim[] {
  const ratio = (scenario: string, contender: string): number =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)?.ratio ?? Number.NaN
  const claims = chosen.flatMap((framework): Claim[] => {
    const [passing, refused] = [`${framework}, passing`, `${framework}, refused`]
    const added = (contender: string): number => Math.max(0, ratio(passing, contender) - 1)
    const peer = peers[framework]
    return [
      {
        says: `${framework}: CPU added to a passing request, to that of ${peer}`,
        measured: rounded(added('sluice') / added(peer)),
        atMost: 1,
      },
      {
        says: `${framework}: CPU of a refusal, to that of ${peer}`,
        measured: rounded(ratio(refused, 'sluice') / ratio(refused, peer)),
        atMost: 1,
      },
    ]
  })
  if (!chosen.includes('fastify')) return claims
  return [
    ...claims,
    { says: 'fastify: CPU of a refusal, to that of a bare request', measured: ratio('fastify, refused', 'sluice'), atMost: 1.1 },
  ]
}

function rounded(value: number): number {
  return Number(value.toFixed(2))
}
