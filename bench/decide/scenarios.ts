/** What `bench decide` asks of whom. */
import type { Make } from './contenders.ts'
import { floor } from './floor.ts'
import type { Spread } from './keys.ts'
import { express, fastify, flexible, hono } from './peers.ts'
import { oneLimit, threeLimits } from './sluice.ts'

/** One comparison. */
export interface Scenario {
  readonly name: string
  readonly keys: number
  readonly spread: Spread
  /** Units a key has. They come back within twenty days, so that no bucket is ever full again. */
  readonly capacity: number
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

const tenThousand = { keys: 10_000, spread: 'uniform', capacity: 100_000, admits: 'all' } as const
const million = { keys: 1_000_000, capacity: 1000 } as const

/** With the peers beside. */
export const amongPeers: readonly Scenario[] = [
  { name: '1 hot key', keys: 1, spread: 'uniform', capacity: 10_000_000, admits: 'all', contenders },
  { name: '10k keys', ...tenThousand, contenders },
  { name: '1M keys', ...million, spread: 'uniform', admits: 'all', contenders },
  { name: '1M keys, Zipf 1.1', ...million, spread: 'zipf', admits: 'some', contenders },
  { name: 'all refused', keys: 10_000, spread: 'uniform', capacity: 1, admits: 'none', contenders },
]

/** Several limits beside one of our own. */
const amongLimits: Scenario = {
  name: 'atomic limits',
  ...tenThousand,
  contenders: { 'one limit': oneLimit, 'three limits': threeLimits },
}

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [...amongPeers, amongLimits]
