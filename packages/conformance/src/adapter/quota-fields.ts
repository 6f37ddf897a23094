/** Reads `RateLimit` and `RateLimit-Policy` as strangers do: by a parser of RFC 9651 that is not ours. */
import { type BareItem, parseList } from 'structured-headers'

/** What the two fields say of one limit. */
export interface Quota {
  /** Quota: the capacity. */
  readonly q: number
  /** Remaining units. */
  readonly r: number
  /** Window in seconds. */
  readonly w?: number
  /** Seconds until more comes. */
  readonly t?: number
  /** What is counted. */
  readonly qu?: string
}

/** A response, with its headers by name in lower case or as `fetch` has them. */
export interface Answered {
  readonly headers: Headers | Readonly<Record<string, unknown>>
}

/**
 * What a response says of its limits, by name; empty without the fields.
 * @throws Error unless both are there, valid, about the same limits, and name each limit once
 */
export function quotaOf({ headers }: Answered): Readonly<Record<string, Quota>> {
  const byName: Readonly<Record<string, unknown>> = headers instanceof Headers ? Object.fromEntries(headers) : headers
  const policy = fieldOf(byName['ratelimit-policy'])
  const state = fieldOf(byName.ratelimit)
  if (policy.map(([name]) => name).join() !== state.map(([name]) => name).join()) throw new Error('the two fields name different limits')
  const quotas = policy.map(([name, parameters], i) => [name, { ...parameters, ...state[i]![1] }] as const)
  if (new Set(quotas.map(([name]) => name)).size < quotas.length) throw new Error('a limit is named twice')
  return Object.fromEntries(quotas) as Readonly<Record<string, Quota>> & object
}

/** What a response says is left, by limit. @throws Error as `quotaOf` does */
export function remainingOf(response: Answered): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(quotaOf(response)).map(([name, { r }]) => [name, r]))
}

function fieldOf(value: unknown): readonly (readonly [string, Readonly<Record<string, BareItem>>])[] {
  if (value === undefined) return []
  if (typeof value !== 'string') throw new Error('a field comes in several lines')
  return parseList(value).map(([name, parameters]) => {
    if (typeof name !== 'string') throw new Error(`a limit is named ${String(name)}`)
    return [name, Object.fromEntries(parameters)] as const
  })
}
