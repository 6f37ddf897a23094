/** What one decision costs: the public `consume()` beside the floor and the memory stores of the peers. */
import { type Contender, interleave, rounded } from '../interleave.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import type { Allowance, Make } from './contenders.ts'
import { floor } from './floor.ts'
import { makeKeys, pick, type Spread, seeded } from './keys.ts'
import { express, fastify, flexible, hono } from './peers.ts'
import { oneLimit, threeLimits } from './sluice.ts'

const rounds = 25
/** Decisions a turn. */
const turn = 2 ** 17
/** Requests in the list that all go round in, each contender from a place of its own, so that none finds it warm from another. */
const listed = 2 ** 20

interface Scenario {
  readonly name: string
  readonly keys: number
  readonly spread: Spread
  /** Units a key has. They come back within twenty days, so that no bucket is ever full again. */
  readonly capacity: number
  /** How many are admitted; with a few hot keys among a million it depends on the key. */
  readonly admits: 'all' | 'some' | 'none'
}

const scenarios: readonly Scenario[] = [
  { name: '1 hot key', keys: 1, spread: 'uniform', capacity: 10_000_000, admits: 'all' },
  { name: '10k keys', keys: 10_000, spread: 'uniform', capacity: 100_000, admits: 'all' },
  { name: '1M keys', keys: 1_000_000, spread: 'uniform', capacity: 1000, admits: 'all' },
  { name: '1M keys, Zipf 1.1', keys: 1_000_000, spread: 'zipf', capacity: 1000, admits: 'some' },
  { name: 'all refused', keys: 10_000, spread: 'uniform', capacity: 1, admits: 'none' },
]
const perMs = 20 * 24 * 3_600_000

const contenders: Readonly<Record<string, Make>> = {
  floor,
  sluice: oneLimit,
  'rate-limiter-flexible': flexible,
  'express-rate-limit': express,
  '@fastify/rate-limit': fastify,
  'hono-rate-limiter': hono,
}

/** Runs every scenario. */
export async function benchDecide(): Promise<Result> {
  const rows: Row[] = []
  for (const scenario of scenarios) rows.push(...(await compare(scenario, contenders)))
  rows.push(...(await compare({ ...scenarios[1]!, name: 'atomic limits' }, { 'one limit': oneLimit, 'three limits': threeLimits })))
  const versions = versionsOf('@sluice/core', 'rate-limiter-flexible', 'express-rate-limit', '@fastify/rate-limit', 'hono-rate-limiter')
  return { unit: 'nanoseconds of CPU a decision', rounds, versions, rows, claims: claimsOf(rows) }
}

async function compare({ name, keys: count, spread, capacity, admits }: Scenario, makers: Readonly<Record<string, Make>>): Promise<Row[]> {
  const random = seeded(count)
  const keys = makeKeys(count, random)
  const requests = pick(keys, listed, spread, random)
  const ready: Contender[] = []
  for (const [at, [contender, make]] of Object.entries(makers).entries()) {
    const measure = await prepare(make, { capacity, perMs, keys: count }, keys, requests, at * turn, admits)
    ready.push({ name: contender, measure })
  }
  return interleave(name, ready, rounds)
}

/** A contender that has seen every key once. */
async function prepare(
  make: Make,
  allowance: Allowance,
  keys: readonly string[],
  requests: readonly string[],
  start: number,
  admits: Scenario['admits'],
): Promise<Contender['measure']> {
  const run = make(allowance)
  await run(keys, 0, keys.length)
  globalThis.gc?.()
  let from = start
  return async () => {
    const before = process.cpuUsage()
    const admitted = await run(requests, from, from + turn)
    const { user, system } = process.cpuUsage(before)
    if (admits === 'all' ? admitted !== turn : admits === 'none' && admitted > 0) throw new Error(`${admitted} of ${turn} were admitted`)
    from = (from + turn) % listed
    return ((user + system) * 1000) / turn
  }
}

function claimsOf(rows: readonly Row[]): Claim[] {
  const ratio = (scenario: string, contender: string): number =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)?.ratio ?? Number.NaN
  const atWorst = (peer: string): number => rounded(Math.max(...scenarios.map(({ name }) => ratio(name, 'sluice') / ratio(name, peer))), 2)
  return [
    { says: 'sluice to the floor, 1 hot key', measured: ratio('1 hot key', 'sluice'), atMost: 2 },
    { says: 'sluice to the floor, 10k keys', measured: ratio('10k keys', 'sluice'), atMost: 1.5 },
    { says: 'sluice to the floor, 1M keys', measured: ratio('1M keys', 'sluice'), atMost: 1.25 },
    { says: 'sluice to rate-limiter-flexible, at worst', measured: atWorst('rate-limiter-flexible'), atMost: 1 },
    { says: 'sluice to express-rate-limit, at worst', measured: atWorst('express-rate-limit'), atMost: 1 },
    { says: 'three atomic limits to one', measured: ratio('atomic limits', 'three limits'), atMost: 2.5 },
  ]
}
