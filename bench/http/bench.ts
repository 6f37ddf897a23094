/**
 * What a limiter costs a server: CPU time of the server's process for each request, bare, with sluice, and with the limiter that people
 * of that framework use. The load comes from this process, so that none of it is counted.
 */
import { median, rounded, rowsOf } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import type { Framework, Traffic } from './contenders.ts'
import { type Expected, load, type Round } from './load.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/**
 * Fresh processes of each contender, one after the other, with so many rounds in each. V8 compiles the same program well in one process
 * and badly in the next, by up to a third of a request. So few rounds in many processes say more than many rounds in few.
 */
const processes = 8
const roundsOfProcess = 2
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
  /** Beyond the bare server of the same round: the median over the rounds. */
  readonly added: number
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
  return {
    unit: 'nanoseconds of server CPU a request',
    rounds: processes * roundsOfProcess,
    versions,
    rows,
    claims: claimsOf(rows, chosen),
  }
}

async function compare(framework: Framework, traffic: Traffic): Promise<HttpRow[]> {
  const names = ['bare', 'sluice', peers[framework]]
  const samples = names.map((): Round[] => [])
  for (let i = 0; i < processes; i++) {
    for (const [at, rounds] of (await roundsOf(framework, names, traffic)).entries()) samples[at]!.push(...rounds)
  }
  const nanos = samples.map((rounds) => rounds.map(({ cpuNanos }) => cpuNanos))
  const beyondBare = (own: readonly number[]): number => median(own.map((cpuNanos, round) => cpuNanos - nanos[0]![round]!))
  return rowsOf(`${framework}, ${traffic}`, names, nanos).map((row, at) => ({
    ...row,
    added: rounded(beyondBare(nanos[at]!), 1),
    perSecond: Math.round(median(samples[at]!.map(({ perSecond }) => perSecond))),
  }))
}

/** The rounds of one process of each contender, taken in turns, there and back, so that whatever disturbs the machine disturbs them alike. */
async function roundsOf(framework: Framework, names: readonly string[], traffic: Traffic): Promise<Round[][]> {
  const contenders: { readonly server: ServerProcess; readonly expected: Expected; readonly rounds: Round[] }[] = []
  for (const name of names) {
    const expected = traffic === 'refused' && name !== 'bare' ? 'refused' : 'passes'
    contenders.push({ server: await warmServer(framework, name, traffic, expected), expected, rounds: [] })
  }
  for (let i = 0; i < roundsOfProcess; i++) {
    const turns = i % 2 === 0 ? contenders : contenders.toReversed()
    for (const { server, expected, rounds } of turns) rounds.push(await load(server, expected))
  }
  await Promise.all(contenders.map(({ server }) => server.stop()))
  return contenders.map(({ rounds }) => rounds)
}

/** A server that has been asked often enough to be compiled. */
async function warmServer(framework: Framework, name: string, traffic: Traffic, expected: Expected): Promise<ServerProcess> {
  const server = await startServer(framework, name, traffic)
  // The first request of everybody passes, also where all others are refused.
  await (await fetch(server.url)).text()
  for (let i = 0; i < warmLoads; i++) await load(server, expected)
  return server
}

function claimsOf(rows: readonly HttpRow[], chosen: readonly Framework[]): Claim[] {
  const rowOf = (scenario: string, contender: string): HttpRow | undefined =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)
  const ratio = (scenario: string, contender: string): number => rowOf(scenario, contender)?.ratio ?? Number.NaN
  // From the nanoseconds: ratios are rounded, and what a limiter adds is small beside the whole.
  const added = (scenario: string, contender: string): number => Math.max(0, rowOf(scenario, contender)?.added ?? Number.NaN)
  const claims = chosen.flatMap((framework): Claim[] => {
    const [passing, refused] = [`${framework}, passing`, `${framework}, refused`]
    const peer = peers[framework]
    return [
      {
        text: `${framework}: CPU added to a passing request, to that of ${peer}`,
        measured: rounded(added(passing, 'sluice') / added(passing, peer), 2),
        atMost: 1,
      },
      {
        text: `${framework}: CPU of a refusal, to that of ${peer}`,
        measured: rounded(ratio(refused, 'sluice') / ratio(refused, peer), 2),
        atMost: 1,
      },
    ]
  })
  if (!chosen.includes('fastify')) return claims
  return [
    ...claims,
    { text: 'fastify: CPU of a refusal, to that of a bare request', measured: ratio('fastify, refused', 'sluice'), atMost: 1.1 },
  ]
}
