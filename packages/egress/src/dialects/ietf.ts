/** The IETF draft: `RateLimit` and `RateLimit-Policy`, structured fields whose items are named after a policy. */
import { SluiceError } from '@sluice/core'
import { SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { parseList } from 'structured-headers'
import { isUnits } from '../mirror/dimension.ts'
import { type Dialect, type QuotaSighting, usualWaitMs } from './dialect.ts'
import type { HeaderReader } from './response-headers.ts'

/** Names of limits by the names of the policies of the provider. */
export type PolicyNames = Readonly<Record<string, string>>

/**
 * `RateLimit: "burst";r=50;t=30` and `RateLimit-Policy: "burst";q=100;w=60` of the draft, and `a` and `w` for `r` and `t`, as a coming
 * version may name them. A field that is malformed is ignored as a whole, and so are the fields of a response from a cache.
 * @param policies - the limit that each policy means. @default the limit with the name of the policy
 * @throws SluiceError `SLUICE_OPTION_TYPE`
 * @example
 * const provider = createProvider({ name: 'maps', limits: { requests: { capacity: 100, per: '1m' } }, dialect: ietfDialect({ burst: 'requests' }) })
 */
export function ietfDialect(policies?: PolicyNames): Dialect {
  const isRecord = typeof policies === 'object' && policies !== null && Object.values(policies).every((each) => typeof each === 'string')
  if (policies !== undefined && !isRecord) {
    throw new SluiceError(SLUICE_OPTION_TYPE, {
      option: 'policies',
      wanted: "names of limits by policy: { burst: 'requests' }",
      value: policies,
    })
  }
  const limitOf = new Map(Object.entries(policies ?? {}))
  return {
    quota(header) {
      if (Number(header('age') ?? 0) > 0) return []
      const policyOf = new Map(itemsOf(header('ratelimit-policy')).map((item) => [item.name, item]))
      const states = itemsOf(header('ratelimit'))
      const names = new Set([...policyOf.keys(), ...states.map(({ name }) => name)])
      return [...names].flatMap((name): readonly QuotaSighting[] => {
        const policy = policyOf.get(name)
        // Calls in flight are no units of a window.
        if (policy?.unit === 'concurrent-requests') return []
        const capacity = policy?.units('q')
        const remaining = states.find((state) => state.name === name)?.units('r', 'a')
        const limit = limitOf.get(name) ?? name
        return capacity === undefined && remaining === undefined ? [] : [{ limit, capacity, remaining }]
      })
    },
    refusalWaitMs: (status, header) => (status === 429 ? waitMsOf(header) : undefined),
  }
}

/** The longest time until more of a quota that is used up. */
function waitMsOf(header: HeaderReader): number {
  const waits = itemsOf(header('ratelimit')).map(({ units }) => (units('r', 'a') === 0 ? (units('t', 'w') ?? 0) * 1000 : 0))
  return Math.max(usualWaitMs, ...waits)
}

/** An item of one of the two fields. */
interface NamedItem {
  readonly name: string
  readonly unit: unknown
  /** The first of the parameters that is a whole number from 0. */
  units(...keys: readonly string[]): number | undefined
}

function itemsOf(text: string | undefined): readonly NamedItem[] {
  if (text === undefined) return []
  try {
    return parseList(text).flatMap(([name, parameters]): readonly NamedItem[] => {
      if (typeof name !== 'string') return []
      const parameterOf = (key: string): unknown => parameters.get(key)
      return [{ name, unit: parameterOf('qu'), units: (...keys) => keys.map(parameterOf).find(isUnits) }]
    })
  } catch {
    // The draft lets a client ignore a malformed field as a whole.
    return []
  }
}
