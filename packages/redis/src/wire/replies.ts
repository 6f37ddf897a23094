/** Checks replies: one that lacks something is a failure of Redis, or of a proxy before it, and never "no data". */

import { SluiceError } from '@sluice/core'
import { SLUICE_STORE } from '@sluice/core/internal'

/** A reply that is a list. */
export function listOf<T>(reply: unknown, atLeast: number): readonly T[] {
  if (Array.isArray(reply) && reply.length >= atLeast) return reply as readonly T[]
  throw wrongReply()
}

/** A reply that is a list of numbers, which are strings where they are large. */
export function numbersOf(reply: unknown, atLeast: number): number[] {
  return listOf(reply, atLeast).map(numberOf)
}

/** A reply that is a number. */
export function numberOf(reply: unknown): number {
  const number = typeof reply === 'string' && reply !== '' ? Number(reply) : reply
  if (typeof number === 'number' && !Number.isNaN(number)) return number
  throw wrongReply()
}

/** A reply that is a text. */
export function textOf(reply: unknown): string {
  if (typeof reply === 'string') return reply
  throw wrongReply()
}

function wrongReply(): SluiceError {
  return new SluiceError(SLUICE_STORE, {}, { cause: new Error('The reply of Redis is not one of this script') })
}
