/** What a store decides with, handed from one of its parts to the next. */
import type { Hold } from '@sluice/core'
import type { BucketKeys } from './bucket-key.ts'
import type { CheckPlaces } from './colocate.ts'
import type { Connection } from './connection.ts'
import type { SettlementIds } from './settlement-id.ts'

export interface Means {
  readonly connection: Connection
  readonly keys: BucketKeys
  readonly checkPlaces: CheckPlaces
  readonly settlementIds: SettlementIds
  /** How long a reservation can be settled, in milliseconds. */
  readonly handleLifetimeMs: number
  /** Gives a hold back that nobody waits for, now or as soon as Redis takes it. */
  giveBackLater(hold: Hold): void
  /** Microseconds since the epoch where a test says so; empty where the server's clock counts. */
  nowText(): string
}
