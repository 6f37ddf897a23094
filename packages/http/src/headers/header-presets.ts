/** Turns the `headers` option into one function that writes every header the application asked for. */
import type { Refused } from '@sluice/core'
import { checkOptions, oneOf, SLUICE_CHOICE, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { SLUICE_HEADER_TWICE, SluiceError } from '../errors.ts'
import type { DisclosedLimits } from './disclosed-limits.ts'
import { createGatewaySerializer, gatewayFieldNames } from './gateway-fields.ts'
import type { HeaderLine } from './header-line.ts'
import { retryAfterMs, retryAfterSeconds } from './header-line.ts'
import { checkHeaderName } from './header-name.ts'
import { type FieldNames, nearestLimitFields, type ResetUnit, xRateLimitNames } from './nearest-limit-fields.ts'
import { createRateLimitSerializer } from './rate-limit-fields.ts'

/** A family of headers. `'draft-11'` is named by its number, since the standard is still a draft and its wire format may change. */
export type HeaderPreset =
  | 'draft-11'
  | 'x-ratelimit-delta'
  | 'x-ratelimit-epoch'
  | 'retry-after-ms'
  | { readonly preset: 'gateway'; readonly prefix: string }
  | NamedHeaders

/**
 * Names of the application for the three numbers of the limit nearest to exhaustion. At least one is given, and one without a name is not
 * written.
 */
export interface NamedHeaders {
  readonly preset: 'names'
  /** Gets the capacity. A name has up to 64 letters, digits and hyphens, such as `X-Quota-Limit`. */
  readonly limit?: string | undefined
  /** Gets the units that are left. */
  readonly remaining?: string | undefined
  /** Gets the time until the bucket is full, and never less than the wait of a refusal. */
  readonly reset?: string | undefined
  /** What `reset` is counted in: seconds from now, seconds since 1970, or milliseconds from now. @default 'delta-seconds' */
  readonly resetUnit?: ResetUnit | undefined
}

/** The headers of one guard. */
export interface HeaderPlan {
  /** Every name it may write: what an application lists in `Access-Control-Expose-Headers` so that scripts can read them. */
  readonly names: readonly string[]
  /** Those of them that tell where the caller stands. */
  readonly quotaNames: readonly string[]
  /** Whether refusals alone carry them. */
  readonly onlyRefusals: boolean
  /** Where the caller stands. */
  quota(limits: DisclosedLimits): readonly HeaderLine[]
  /** What a refusal carries besides: when to come back, and that no cache may keep it. */
  refusal(refused: Refused): readonly HeaderLine[]
}

/** The quota headers of several guards on one request, each header once. */
export function joinedQuota(plans: readonly HeaderPlan[], limits: DisclosedLimits, isRefused: boolean): readonly HeaderLine[] {
  if (plans.length === 1) return quotaOfPlan(plans[0]!, limits, isRefused)
  const lines = new Map<string, HeaderLine>()
  for (const plan of plans) for (const line of quotaOfPlan(plan, limits, isRefused)) lines.set(line[0].toLowerCase(), line)
  return [...lines.values()]
}

function quotaOfPlan(plan: HeaderPlan, limits: DisclosedLimits, isRefused: boolean): readonly HeaderLine[] {
  return plan.onlyRefusals && !isRefused ? nothing : plan.quota(limits)
}

const nothing: readonly HeaderLine[] = Object.freeze([])

type Family = Pick<HeaderPlan, 'names'> & Partial<Pick<HeaderPlan, 'quota' | 'refusal'>>

/** The options about headers, as a guard and `writeHeaders` take them. */
export interface HeaderOptions {
  /**
   * Header families that tell callers where they stand. `false` and `[]` ask for none. A refusal carries `Retry-After` all the same: without
   * it clients hammer. @default ['draft-11']
   */
  readonly headers?: readonly HeaderPreset[] | false | undefined
  /** Which responses carry them: `'all'`, or refusals alone. @default 'all' */
  readonly headersOn?: 'all' | 'refusals' | undefined
}

/**
 * @param wallClockMs - milliseconds since 1970; asked for resets since 1970 alone
 * @throws SluiceError for every wrong option
 */
export function planHeaders({ headers: presets, headersOn = 'all' }: HeaderOptions, wallClockMs: () => number): HeaderPlan {
  const families = [onRefusals(), ...listed(presets).map((preset, i) => familyOf(preset, `headers[${i}]`, wallClockMs))]
  const names = families.flatMap((family) => family.names)
  refuseTwice(names)
  const quotas = families.flatMap((family) => family.quota ?? [])
  const refusals = families.flatMap((family) => family.refusal ?? [])
  const [only] = quotas
  return {
    names,
    onlyRefusals: oneOf(headersOn, 'headersOn', ['all', 'refusals']) === 'refusals',
    quotaNames: families.flatMap((family) => (family.quota === undefined ? [] : family.names)),
    // One family is the rule, and then its lines need no copy.
    quota: only !== undefined && quotas.length === 1 ? only : (limits) => quotas.flatMap((lines) => lines(limits)),
    refusal: refusals.length === 1 ? refusals[0]! : (refused) => refusals.flatMap((lines) => lines(refused)),
  }
}

function listed(presets: unknown): readonly unknown[] {
  if (presets === undefined) return ['draft-11']
  if (presets === false) return []
  // A copy has `undefined` where a list has holes, and each is looked at.
  if (Array.isArray(presets)) return [...(presets as readonly unknown[])]
  throw new SluiceError(SLUICE_OPTION_TYPE, {
    option: 'headers',
    wanted: "a list of presets such as ['draft-11'], or false",
    value: presets,
  })
}

function familyOf(preset: unknown, option: string, wallClockMs: () => number): Family {
  switch (preset) {
    case 'draft-11':
      return draft11()
    case 'x-ratelimit-delta':
      return named(xRateLimitNames, 'delta-seconds', wallClockMs)
    case 'x-ratelimit-epoch':
      return named(xRateLimitNames, 'epoch-seconds', wallClockMs)
    case 'retry-after-ms':
      return { names: ['retry-after-ms'], refusal: (refused) => line('retry-after-ms', retryAfterMs(refused)) }
  }
  if (isPreset(preset, 'names')) return ownNames(preset, option, wallClockMs)
  if (isPreset(preset, 'gateway') && 'prefix' in preset) {
    checkOptions(preset, option, ['preset', 'prefix'])
    return gateway(preset.prefix, `${option}.prefix`)
  }
  throw new SluiceError(SLUICE_CHOICE, {
    option,
    value: preset,
    choices: [
      'draft-11',
      'x-ratelimit-delta',
      'x-ratelimit-epoch',
      'retry-after-ms',
      "{ preset: 'gateway', prefix: 'X-Acme-GW' }",
      "{ preset: 'names', limit, remaining, reset }",
    ],
  })
}

const notStored: HeaderLine = ['Cache-Control', 'no-store']

/** RFC 6585 4: a 429 must not be stored. Saying so also covers 503, and caches that do not know it. */
function onRefusals(): Family {
  // Refusals come in floods, and the next one is nearly always to wait as long.
  let known: number | null = null
  let lines: readonly HeaderLine[] = [notStored]
  return {
    names: ['Retry-After'],
    refusal(refused) {
      const seconds = retryAfterSeconds(refused)
      if (seconds !== known) {
        known = seconds
        lines = seconds === null ? [notStored] : [['Retry-After', String(seconds)], notStored]
      }
      return lines
    },
  }
}

function draft11(): Family {
  const serialize = createRateLimitSerializer('draft-11')
  let policy: HeaderLine = ['RateLimit-Policy', '']
  return {
    names: ['RateLimit-Policy', 'RateLimit'],
    quota: (limits) => {
      const fields = serialize(limits)
      if (fields === null) return []
      if (policy[1] !== fields.policy) policy = ['RateLimit-Policy', fields.policy]
      return [policy, ['RateLimit', fields.rateLimit]]
    },
  }
}

function named(fields: FieldNames, unit: ResetUnit, wallClockMs: () => number): Family {
  const { limit, remaining, reset } = fields
  const names = [limit, remaining, reset].filter((name) => name !== undefined)
  return { names, quota: (limits) => nearestLimitFields(limits, fields, unit, wallClockMs) }
}

function ownNames(preset: object, option: string, wallClockMs: () => number): Family {
  checkOptions(preset, option, ['preset', 'limit', 'remaining', 'reset', 'resetUnit'])
  const { resetUnit = 'delta-seconds', ...own } = preset as NamedHeaders
  const fields: Record<string, string> = {}
  for (const field of ['limit', 'remaining', 'reset'] as const)
    if (own[field] !== undefined) fields[field] = checkHeaderName(own[field], `${option}.${field}`)
  if (Object.keys(fields).length === 0) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: 'a preset with `limit`, `remaining` or `reset`', value: '{ preset }' })
  }
  const unit = oneOf(resetUnit, `${option}.resetUnit`, ['delta-seconds', 'epoch-seconds', 'delta-milliseconds'])
  return named(fields, unit, wallClockMs)
}

function gateway(prefix: unknown, option: string): Family {
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(prefix)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: "the beginning of a header name, such as 'X-Acme-GW'", value: prefix })
  }
  return { names: Object.values(gatewayFieldNames(prefix)), quota: createGatewaySerializer(prefix) }
}

function isPreset(preset: unknown, name: string): preset is object {
  return typeof preset === 'object' && preset !== null && 'preset' in preset && preset.preset === name
}

function line(name: string, value: number | null): readonly HeaderLine[] {
  return value === null ? [] : [[name, String(value)]]
}

function refuseTwice(names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    const same = name.toLowerCase()
    if (seen.has(same)) throw new SluiceError(SLUICE_HEADER_TWICE, { header: name })
    seen.add(same)
  }
}
