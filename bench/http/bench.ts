/**
 * What a limiter costs a server: CPU time of the server's process for each request, bare, with sluice, and with the limiter that people
 * of that framework use. The load comes from this process, so that none of it is counted.
 */
import { interleave, median } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import type { Framework, Traffic } from './contenders.ts'
import { load } from './load.ts'
import { startServer } from './server-process.ts'

const rounds = 15

const peers: Readonly<Record<Framework, string>> = {
  fastify: '@fastify/rate-limit',
  express: 'express-rate-limit',
  hono: 'hono-rate-limiter',
}
const frameworks = Object.keys(peers) as Framework[]

/** A row with the throughput beside it. */
interface HttpRow extends Row {
  /** Requests a second: the median over the rounds. The load shares the machine with the server. */
  readonly perSecond: number
}

/** Runs every framework under passing and under refused traffic. */
export async function benchHttp(): Promise<Result> {
  const rows: HttpRow[] = []
  for (const framework of frameworks) {
    for (const traffic of ['passing', 'refused'] as const) rows.push(...(await compare(framework, traffic)))
  }
  const versions = versionsOf('@sluice/http', ...frameworks, ...Object.values(peers), 'autocannon')
  return { unit: 'nanoseconds of server CPU a request', rounds, versions, rows, claims: claimsOf(rows) }
}

async function compare(framework: Framework, traffic: Traffic): Promise<HttpRow[]> {
  const names = ['bare', 'sluice', peers[framework]]
  const servers = await Promise.all(names.map((name) => startServer(framework, name, traffic)))
  const throughputs = names.map((): number[] => [])
  const contenders = servers.map((server, at) => ({
    name: names[at]!,
    async measure() {
      const { cpuNanos, perSecond } = await load(server, traffic === 'refused' && at > 0 ? 'refused' : 'passes')
      throughputs[at]!.push(perSecond)
      return cpuNanos
    },
  }))
  // The first request of everybody passes, also where all others are refused.
  for (const server of servers) await (await fetch(server.url)).text()
  const rows = await interleave(`${framework}, ${traffic}`, contenders, rounds)
  await Promise.all(servers.map((server) => server.stop()))
  return rows.map((row, at) => ({ ...row, perSecond: Math.round(median(throughputs[at]!.slice(-rounds))) }))
}

function claimsOf(rows: readonly Row[]): Claim[] {
  const ratio = (scenario: string, contender: string): number =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)?.ratio ?? Number.NaN
  const claims = frameworks.flatMap((framework): Claim[] => {
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
  return [
    ...claims,
    { says: 'fastify: CPU of a refusal, to that of a bare request', measured: ratio('fastify, refused', 'sluice'), atMost: 1.1 },
  ]
}

function rounded(value: number): number {
  return Number(value.toFixed(2))
}
