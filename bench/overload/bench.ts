/**
 * What an adaptive limit is for: the latency and the goodput of a server that is asked for five times what it can do. It runs without a
 * limit and with adaptive ones. Each round starts each server anew, since the one without a limit would still be busy with the round before.
 */
import { median, rounded } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import { type Contender, contenders } from './contenders.ts'
import { closedLoad, openLoad } from './load.ts'
import { startServer } from './server-process.ts'

const rounds = 3
/** To the capacity: little enough that hardly anybody waits, and as much as is promised for. */
const [quiet, overload] = [0.2, 5]

/** What one round of one contender measured. */
interface Round {
  readonly quietP99Ms: number
  readonly p99Ms: number
  readonly perSecond: number
  readonly refused: number
}

/** Measures every contender in each round. */
export async function benchOverload(): Promise<Result> {
  const capacities: number[] = []
  const measured = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]))
  for (let round = 0; round < rounds; round++) {
    const capacity = await capacityOf('bare')
    capacities.push(capacity)
    for (const contender of contenders) measured.get(contender)!.push(await measure(contender, capacity))
  }
  return {
    unit: 'milliseconds, requests a second, or parts of all, as the scenario says',
    rounds,
    versions: versionsOf('@sluice/fastify', 'fastify'),
    rows: rowsOf(measured, capacities),
    claims: contenders.slice(1).flatMap((contender) => claimsOf(contender, measured.get(contender)!, measured.get('bare')!, capacities)),
  }
}

async function capacityOf(contender: Contender): Promise<number> {
  const server = await startServer(contender)
  const { perSecond } = await closedLoad(server.url, 24, { leadSeconds: 1, seconds: 1.5 })
  await server.stop()
  return perSecond
}

async function measure(contender: Contender, capacity: number): Promise<Round> {
  const server = await startServer(contender)
  const { p99Ms: quietP99Ms } = await openLoad(server.url, capacity * quiet, { leadSeconds: 1, seconds: 3 })
  const overloaded = await openLoad(server.url, capacity * overload, { leadSeconds: 1, seconds: 3 })
  await server.stop()
  return { quietP99Ms, ...overloaded }
}

function rowsOf(measured: ReadonlyMap<Contender, readonly Round[]>, capacities: readonly number[]): Row[] {
  const rows = (scenario: string, places: number, value: (round: Round) => number): Row[] =>
    contenders.map((contender) => rowOf(scenario, contender, measured.get(contender)!.map(value), places))
  return [
    rowOf('capacity, requests a second', 'bare', capacities, 0),
    ...rows('quiet, p99 in milliseconds', 1, ({ quietP99Ms }) => quietP99Ms),
    ...rows('five times the capacity, p99 in milliseconds', 1, ({ p99Ms }) => p99Ms),
    ...rows('five times the capacity, served a second', 0, ({ perSecond }) => perSecond),
    ...rows('five times the capacity, part refused', 2, ({ refused }) => refused),
  ]
}

function rowOf(scenario: string, contender: string, values: readonly number[], places: number): Row {
  const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)].map((value) => rounded(value, places))
  return { scenario, contender, median: middle!, min: min!, max: max!, ratio: null }
}

/** Each round is compared with itself: the quiet p99 and the capacity are those of the same minute. */
function claimsOf(contender: Contender, own: readonly Round[], bare: readonly Round[], capacities: readonly number[]): Claim[] {
  const ofRounds = (value: (round: Round, at: number) => number): number => rounded(median(own.map(value)), 2)
  return [
    {
      text: `${contender}: p99 at five times the capacity, to that of the quiet server`,
      measured: ofRounds(({ p99Ms }, at) => p99Ms / bare[at]!.quietP99Ms),
      atMost: 2,
    },
    {
      text: `${contender}: the capacity, to what is served at five times of it`,
      measured: ofRounds(({ perSecond }, at) => capacities[at]! / perSecond),
      atMost: rounded(1 / 0.85, 2),
    },
  ]
}
