/** What one decision costs: the public `consume()` beside the floor and the memory stores of the peers. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rounded, rowsOf } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import { amongPeers, counted, type PacedScenario, pacedScenarios, refilled, type Scenario, scenarios } from './scenarios.ts'

/**
 * Processes that a scenario runs in, one after the other, with so many rounds in each. V8 compiles the same program well in one
 * process and badly in the next, the floor as well as us. What it learned in one scenario would slow the next one.
 */
const processes = 7
const roundsOfProcess = 5

/** Runs every scenario. */
export async function benchDecide(): Promise<Result> {
  const rows: Row[] = []
  for (const scenario of scenarios) rows.push(...(await compare(scenario)))
  for (const scenario of pacedScenarios) rows.push(...(await comparePaced(scenario)))
  const versions = versionsOf(
    '@sluice/core',
    'rate-limiter-flexible',
    'express-rate-limit',
    '@fastify/rate-limit',
    'hono-rate-limiter',
    'prom-client',
    '@opentelemetry/sdk-metrics',
  )
  return { unit: 'nanoseconds of CPU a decision', rounds: processes * roundsOfProcess, versions, rows, claims: claimsOf(rows) }
}

async function compare({ name, contenders }: Scenario): Promise<Row[]> {
  const names = Object.keys(contenders)
  const samples = names.map((): number[] => [])
  for (let i = 0; i < processes; i++) {
    for (const [at, more] of (await runProcess(name)).entries()) samples[at]!.push(...more)
  }
  return rowsOf(name, names, samples)
}

/** Each contender in a process of its own, so that the timers of one do not count as the CPU of another. */
async function comparePaced({ name, contenders }: PacedScenario): Promise<Row[]> {
  const names = Object.keys(contenders)
  const samples = names.map((): number[] => [])
  for (let i = 0; i < processes; i++) {
    for (const [at, contender] of names.entries())
      samples[at]!.push((await run(new URL('./run-paced.js', import.meta.url), name, contender)) as number)
  }
  return rowsOf(name, names, samples)
}

async function runProcess(scenario: string): Promise<readonly (readonly number[])[]> {
  return (await run(new URL('./run-scenario.js', import.meta.url), scenario, String(roundsOfProcess))) as number[][]
}

async function run(script: URL, ...words: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', fileURLToPath(script), ...words])
  return JSON.parse(stdout)
}

function claimsOf(rows: readonly Row[]): Claim[] {
  const ratio = (scenario: string, contender: string): number =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)?.ratio ?? Number.NaN
  const median = (contender: string): number =>
    rows.find((row) => row.scenario === counted.name && row.contender === contender)?.median ?? Number.NaN
  const atWorst = (peer: string): number => rounded(Math.max(...amongPeers.map(({ name }) => ratio(name, 'sluice') / ratio(name, peer))), 2)
  return [
    { text: 'sluice to the floor, 1 hot key', measured: ratio('1 hot key', 'sluice'), atMost: 2 },
    { text: 'sluice to the floor, 10k keys', measured: ratio('10k keys', 'sluice'), atMost: 1.5 },
    { text: 'sluice to the floor, 1M keys', measured: ratio('1M keys', 'sluice'), atMost: 1.25 },
    { text: 'sluice to rate-limiter-flexible, at worst', measured: atWorst('rate-limiter-flexible'), atMost: 1 },
    { text: 'sluice to express-rate-limit, at worst', measured: atWorst('express-rate-limit'), atMost: 1 },
    { text: 'three atomic limits to one', measured: ratio('atomic limits', 'three limits'), atMost: 2.5 },
    {
      text: 'nanoseconds that telemetry adds to a decision, with both exporters on',
      measured: rounded(median('telemetry, both exporters') - median('not counted'), 1),
      atMost: 8,
    },
    { text: 'sluice to the floor, refilled or absent buckets, tight loop', measured: ratio(refilled.name, 'sluice'), atMost: 2.7 },
    {
      text: 'sluice to the floor, refilled or absent buckets at 5k requests/s',
      measured: ratio(pacedScenarios[0]!.name, 'sluice'),
      atMost: 1.5,
    },
    {
      text: 'sluice to the floor, refilled or absent buckets at 50k requests/s',
      measured: ratio(pacedScenarios[1]!.name, 'sluice'),
      atMost: 1.15,
    },
  ]
}
