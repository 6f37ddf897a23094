/** Options of a key pool, checked once. No error of this file carries a secret, or a value that could be one. */
import type { Clock, Duration } from '@sluice/core'
import { checkOptions, optionalOf, parseDuration, SLUICE_OPTION_TYPE, wholeNumber } from '@sluice/core/internal'
import { SLUICE_EGRESS_SECRET, SluiceError } from '../errors.ts'
import type { CostMap } from '../provider/costs.ts'
import { limitsOf, type ProviderLimit } from '../provider/limits.ts'
import { type ProviderOptions, providerOptions, usualClock } from '../provider/options.ts'

/** Keys for heavy callers, or keys that light callers share. */
export type Tier = 'dedicated' | 'shared'

/** One key. */
export interface KeyOptions {
  /** Names the key in events, errors and snapshots: 1 to 64 letters, digits and `.`, `_`, `-`. It must not contain the secret. */
  readonly label: string
  /** The secret, or a function that answers it at once, for secrets that change. It is called for each call. */
  readonly secret: string | (() => string)
  /** @default 'shared' */
  readonly tier?: Tier | undefined
  /**
   * Names the account of the key. Keys of one account share its quota, so they share one mirror: two keys of a group with 500 requests a
   * minute send 500. @default the label: a quota of its own
   */
  readonly group?: string | undefined
  /** Limits of the group. They have the names of the `limits` of the pool. @default the `limits` of the pool */
  readonly limits?: Readonly<Record<string, ProviderLimit>> | undefined
}

/** When a caller becomes heavy by what it uses, and light again. Shares of a window of all shared keys together. */
export interface HeavyOptions {
  /** A caller that uses more than this share is moved to the dedicated keys. @default 0.3 */
  readonly above?: number | undefined
  /** Time for which it must do so, without falling below `below`. @default '5m' */
  readonly after?: Duration | undefined
  /** A heavy caller that uses less than this share is moved back. @default 0.1 */
  readonly below?: number | undefined
  /** Time for which it must do so. @default '30m' */
  readonly backAfter?: Duration | undefined
}

/** What {@link createKeyPool} takes: the options of a provider, which hold for each group of keys, and the keys. */
export interface KeyPoolOptions extends ProviderOptions {
  /** The keys at first, from 1 to 1000. Others come by `add`. */
  readonly keys: readonly KeyOptions[]
  /** Header that carries the secret. `authorization` carries `Bearer <secret>`. @default that of the dialect, or 'authorization' */
  readonly keyHeader?: string | undefined
  /** The tier of a caller by its plan; `undefined` leaves it to `heavy`. It answers at once. @default every caller is shared */
  readonly tier?: ((caller: string) => Tier | undefined) | undefined
  /** Moves callers by what they use. @default none are moved */
  readonly heavy?: HeavyOptions | undefined
  /**
   * Most of a window of all shared keys that one caller may use, from more than 0 to 1. With 0.2 and 500 requests a minute it sends 100.
   * Each process counts what it sends itself. @default 1
   */
  readonly sharePerCaller?: number | undefined
  /** Whether a dedicated caller uses shared keys when its own are full. Light callers then wait behind it. @default false */
  readonly overflow?: boolean | undefined
}

/** Checked options. */
export interface PoolPlan {
  /** Options of the provider of each group. */
  readonly provider: Omit<ProviderOptions, 'name'>
  readonly name: string
  readonly clock: Clock
  /** Names of the limits, and the cost of a call that does not say. */
  readonly limits: Pick<CostMap, 'names' | 'usual'>
  /** Length of the shortest window. */
  readonly windowMs: number
  readonly waitMs: number
  readonly permitTtlMs: number
  /** Most callers that are told apart. */
  readonly callers: number
  readonly keys: readonly KeyOptions[]
  readonly keyHeader: string
  readonly tier: ((caller: string) => Tier | undefined) | undefined
  readonly heavy: HeavyPlan | undefined
  readonly sharePerCaller: number
  readonly overflow: boolean
}

export interface HeavyPlan {
  readonly above: number
  readonly afterMs: number
  readonly below: number
  readonly backAfterMs: number
}

/** A key, checked. The secret is in a closure alone, where nothing that prints an object finds it. */
export interface KeyPlan {
  readonly label: string
  readonly tier: Tier
  readonly group: string
  readonly limits: ProviderOptions['limits'] | undefined
  /** @throws SluiceError `SLUICE_EGRESS_SECRET` */
  authorize(headers: Headers): void
}

/** Most keys of one pool. */
export const mostKeys = 1000
const name = /^[\w.-]{1,64}$/
const visible = /^[\x21-\x7e]{1,8192}$/

/** @throws SluiceError for an option that is wrong, by its name */
export function poolPlanOf(options: KeyPoolOptions): PoolPlan {
  if (typeof options !== 'object' || options === null) throw typeError('The options of createKeyPool', 'an object', options)
  checkOptions(options, 'createKeyPool', [...providerOptions, 'keys', 'keyHeader', 'tier', 'heavy', 'sharePerCaller', 'overflow'])
  const { keys, keyHeader, tier, heavy, sharePerCaller = 1, overflow = false, name: poolName, ...provider } = options
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > mostKeys) throw typeError('keys', `a list of 1 to ${mostKeys} keys`, keys)
  const header = keyHeader ?? provider.dialect?.keyHeader ?? 'authorization'
  if (typeof header !== 'string' || !/^[!#$%&'*+.^`|~\w-]{1,64}$/.test(header)) throw typeError('keyHeader', 'the name of a header', header)
  optionalOf(tier, 'tier', 'function')
  optionalOf(overflow, 'overflow', 'boolean')
  const { queue = {}, clock = usualClock() } = provider
  const { dimensions, ...limits } = limitsOf(provider.limits, 0)
  return {
    provider: { ...provider, clock },
    name: poolName,
    clock,
    limits,
    windowMs: Math.min(...dimensions.map(({ windowUs }) => windowUs)) / 1000,
    waitMs: parseDuration(queue.wait ?? '5s', 'queue.wait', true),
    permitTtlMs: parseDuration(provider.permitTtl ?? '10m', 'permitTtl'),
    callers: wholeNumber(queue.callers ?? 10_000, 'queue.callers', 1, 1_000_000),
    keys,
    keyHeader: header,
    tier,
    heavy: heavy === undefined ? undefined : heavyPlanOf(heavy),
    sharePerCaller: shareOf(sharePerCaller, 'sharePerCaller'),
    overflow,
  }
}

function heavyPlanOf(heavy: HeavyOptions): HeavyPlan {
  checkOptions(heavy, 'createKeyPool.heavy', ['above', 'after', 'below', 'backAfter'])
  const { above = 0.3, after = '5m', below = 0.1, backAfter = '30m' } = heavy
  const plan = {
    above: shareOf(above, 'heavy.above'),
    afterMs: parseDuration(after, 'heavy.after', true),
    below: shareOf(below, 'heavy.below'),
    backAfterMs: parseDuration(backAfter, 'heavy.backAfter', true),
  }
  if (plan.below >= plan.above) throw typeError('heavy.below', 'a share less than `heavy.above`', below)
  return plan
}

function shareOf(value: unknown, option: string): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value
  throw typeError(option, 'a share from more than 0 to 1', value)
}

/** @throws SluiceError `SLUICE_EGRESS_SECRET`, or for an option that is wrong, by its name */
export function keyPlanOf(key: KeyOptions, keyHeader: string, option: string): KeyPlan {
  if (typeof key !== 'object' || key === null) throw typeError(option, 'an object', key)
  checkOptions(key, option, ['label', 'secret', 'tier', 'group', 'limits'])
  const { label, secret, tier = 'shared', group = label, limits } = key
  for (const [part, value] of [
    ['label', label],
    ['group', group],
  ] as const) {
    if (typeof value !== 'string' || !name.test(value)) throw typeError(`${option}.${part}`, '1 to 64 letters, digits and ._-', value)
    if (typeof secret === 'string' && secret !== '' && value.includes(secret))
      throw new SluiceError(SLUICE_EGRESS_SECRET, { key: option, reason: `stands in its ${part}` })
  }
  if (typeof secret !== 'function' && !isSecret(secret)) throw secretError(label, secret)
  return {
    label,
    tier: tierOf(tier, option),
    group,
    limits,
    authorize(headers) {
      const current = typeof secret === 'function' ? answerOf(secret) : secret
      if (!isSecret(current)) throw secretError(label, current)
      headers.set(keyHeader, keyHeader.toLowerCase() === 'authorization' ? `Bearer ${current}` : current)
    },
  }
}

function tierOf(tier: unknown, option: string): Tier {
  if (tier === 'dedicated' || tier === 'shared') return tier
  throw typeError(`${option}.tier`, "'dedicated' or 'shared'", tier)
}

function secretError(key: string, secret: unknown): SluiceError {
  const isMissing = secret === undefined || secret === null || secret === ''
  return new SluiceError(SLUICE_EGRESS_SECRET, { key, reason: isMissing ? 'is missing' : 'cannot be sent in a header' })
}

/** What a function throws may quote the secret, so it is no cause of any error. */
function answerOf(secret: () => string): unknown {
  try {
    return secret()
  } catch {
    return undefined
  }
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && visible.test(value)
}

/** Says what kind of value was given, and not the value: it may be a secret in the wrong place. */
export function typeError(option: string, wanted: string, value: unknown): SluiceError {
  const given = typeof value === 'number' || typeof value === 'boolean' || value === undefined ? value : `a value of type ${typeof value}`
  return new SluiceError(SLUICE_OPTION_TYPE, { option, wanted, value: given })
}
