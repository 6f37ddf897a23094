/** What `bench decide` asks of whom. */
import type { Make } from './contenders.ts'
import { floor } from './floor.ts'
import type { Spread } from './keys.ts'
import { express, fastify, flexible, hono } from './peers.ts'
import { oneLimit, skippedLimit, threeLimits } from './sluice.ts'

/** One comparison. */
export interface Scenario {
  readonly name: string
  readonly keys: number
  readonly spread: Spread
  /** Units of a key. */
  readonly capacity: number
  /** Milliseconds until all of them are back. */
  readonly perMs: number
  /** How many are admitted; with a few hot keys among a million it depends on the key. */
  readonly admits: 'all' | 'some' | 'none'
  /** Who is compared; the first is the reference. */
  readonly contenders: Readonly<Record<string, Make>>
}

const contenders: Readonly<Record<string, Make>> = {
  floor,
  sluice: oneLimit,
  'rate-limiter-flexible': flexible,
  'express-rate-limit': express,
  '@fastify/rate-limit': fastify,
  'hono-rate-limiter': hono,
}

/** So long that no bucket is ever full again. */
const perMs = 20 * 24 * 3_600_000
const tenThousand = { keys: 10_000, spread: 'uniform', capacity: 100_000, perMs, admits: 'all' } as const
const million = { keys: 1_000_000, capacity: 1000, perMs } as const

/** With the peers beside. */
export const amongPeers: readonly Scenario[] = [
  { name: '1 hot key', keys: 1, spread: 'uniform', capacity: 10_000_000, perMs, admits: 'all', contenders },
  { name: '10k keys', ...tenThousand, contenders },
  { name: '1M keys', ...million, spread: 'uniform', admits: 'all', contenders },
  { name: '1M keys, Zipf 1.1', ...million, spread: 'zipf', admits: 'some', contenders },
  { name: 'all refused', keys: 10_000, spread: 'uniform', capacity: 1, perMs, admits: 'none', contenders },
]

/** Several limits beside one of our own. */
const amongLimits: Scenario = {
  name: 'atomic limits',
  ...tenThousand,
  contenders: { 'one limit': oneLimit, 'three limits': threeLimits, 'one limit, one skipped': skippedLimit },
}

/** A bucket is full again 10 microseconds after its request, and so it is full or absent when the next request comes. */
const refilling = { ...tenThousand, perMs: 1000, contenders: { floor, sluice: oneLimit } } as const

/** One request directly after the other. */
export const refilled: Scenario = { ...refilling, name: 'refilled or absent, tight loop' }

/** A scenario whose requests come at a steady pace, so that timers run in between. */
export interface PacedScenario extends Scenario {
  readonly perSecond: number
}

/** At a pace, the CPU of everything between two requests counts too. */
export const pacedScenarios: readonly PacedScenario[] = [
  { ...refilling, name: 'refilled or absent, 5k requests/s', perSecond: 5000 },
  { ...refilling, name: 'refilled or absent, 50k requests/s', perSecond: 50_000 },
]

/** A contender of `telemetry.ts`. It is loaded when it is made, because `bench:ab` runs these programs beside packages of older revisions. */
const counting =
  (how: 'openTelemetryAdd' | 'promClientInc' | 'withTelemetry'): Make =>
  async (allowance) =>
    (await import('./telemetry.ts'))[how](allowance)

/** What it costs to count decisions: by our telemetry, and by a counter of each library that is raised for each decision. */
export const counted: Scenario = {
  name: 'counted for metrics',
  ...tenThousand,
  contenders: {
    'not counted': oneLimit,
    'telemetry, both exporters': counting('withTelemetry'),
    'inc of prom-client': counting('promClientInc'),
    'add of OpenTelemetry': counting('openTelemetryAdd'),
  },
}

/** Every scenario of a tight loop, in the order of the table. */
export const scenarios: readonly Scenario[] = [...amongPeers, amongLimits, counted, refilled]
