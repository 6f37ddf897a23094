/** Where the calls of one caller stand in the queue of a provider. */
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { SluiceError } from '../errors.ts'
import type { Pump } from './pump.ts'

/** Where a caller stands in the queue. Third in line with two calls: `{ position: 3, waiting: 2, waitMs: 2000 }`. */
export interface CallerQueue {
  /** Place of the caller's first call; 1 is sent next. An estimate if more than 511 calls wait, or other processes send calls too. */
  readonly position: number
  /** Calls of the caller that wait in this process. */
  readonly waiting: number
  /** Predicted milliseconds until the caller's first call is sent, rounded up. */
  readonly waitMs: number
}

/** @throws SluiceError `SLUICE_OPTION_TYPE` unless the caller is a string */
export function callerQueueOf(pump: Pump, caller: string): CallerQueue | null {
  checkCaller(caller)
  const place = pump.placeOf(caller)
  if (place === undefined) return null
  const { position, waiting, waitUs } = place
  return { position, waiting, waitMs: Math.ceil(waitUs / 1000) }
}

/** @throws SluiceError `SLUICE_OPTION_TYPE` */
export function checkCaller(caller: unknown): void {
  if (typeof caller !== 'string') throw new SluiceError(SLUICE_OPTION_TYPE, { option: 'caller', wanted: 'a string', value: caller })
}
