/** Turns the `headers` option into one function that writes every header the application asked for. */
import type { Refused } from '@sluice/core'
import { checkOptions, SLUICE_CHOICE, SLUICE_OPTION_TYPE } from '@sluice/core/internal'
import { SLUICE_HEADER_TWICE, SluiceError } from '../errors.ts'
import type { DisclosedLimits } from './disclosed-limits.ts'
import { createGatewaySerializer, gatewayFieldNames } from './gateway-fields.ts'
import type { HeaderLine } from './header-line.ts'
import { retryAfterMs, retryAfterSeconds } from './header-line.ts'
import { createRateLimitSerializer } from './rate-limit-fields.ts'
import { xRateLimitFields } from './x-ratelimit-fields.ts'

/** A family of headers. `'draft-11'` is named by its number, since the standard is still a draft and its wire format may change. */
export type HeaderPreset =
  | 'draft-11'
  | 'x-ratelimit-delta'
  | 'x-ratelimit-epoch'
  | 'retry-after-ms'
  | { readonly preset: 'gateway'; readonly prefix: string }

/** The headers of one guard. */
export interface HeaderPlan {
  /** Every name it may write: what an application lists in `Access-Control-Expose-Headers` so that scripts can read them. */
  readonly names: readonly string[]
  /** Those of them that tell where the caller stands. */
  readonly quotaNames: readonly string[]
  /** What any response carries: where the caller stands. */
  quota(limits: DisclosedLimits): readonly HeaderLine[]
  /** What a refusal carries besides: when to come back, and that no cache may keep it. */
  refusal(refused: Refused): readonly HeaderLine[]
}

/** The quota headers of several guards on one request, each header once. */
export function joinedQuota(plans: readonly HeaderPlan[], limits: DisclosedLimits): readonly HeaderLine[] {
  if (plans.length === 1) return plans[0]!.quota(limits)
  const lines = new Map<string, HeaderLine>()
  for (const plan of plans) for (const line of plan.quota(limits)) lines.set(line[0].toLowerCase(), line)
  return [...lines.values()]
}

type Family = Pick<HeaderPlan, 'names'> & Partial<Pick<HeaderPlan, 'quota' | 'refusal'>>

/**
 * @param presets - `false` and `[]` ask for none. A refusal carries `Retry-After` all the same: without it clients hammer.
 * @param wallClockMs - Milliseconds since 1970; asked for `'x-ratelimit-epoch'` alone.
 */
export function planHeaders(presets: readonly HeaderPreset[] | false | undefined, wallClockMs: () => number): HeaderPlan {
  const families = [onRefusals(), ...listed(presets).map((preset, i) => familyOf(preset, `headers[${i}]`, wallClockMs))]
  const names = families.flatMap((family) => family.names)
  refuseTwice(names)
  const quotas = families.flatMap((family) => family.quota ?? [])
  const refusals = families.flatMap((family) => family.refusal ?? [])
  const [only] = quotas
  return {
    names,
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
      return { names: xRateLimitNames, quota: (limits) => xRateLimitFields(limits, 'delta', 0) }
    case 'x-ratelimit-epoch':
      return { names: xRateLimitNames, quota: (limits) => xRateLimitFields(limits, 'epoch', wallClockMs()) }
    case 'retry-after-ms':
      return { names: ['retry-after-ms'], refusal: (refused) => line('retry-after-ms', retryAfterMs(refused)) }
  }
  if (isGateway(preset)) {
    checkOptions(preset, option, ['preset', 'prefix'])
    return gateway(preset.prefix, `${option}.prefix`)
  }
  throw new SluiceError(SLUICE_CHOICE, {
    option,
    value: preset,
    choices: ['draft-11', 'x-ratelimit-delta', 'x-ratelimit-epoch', 'retry-after-ms', "{ preset: 'gateway', prefix: 'X-Acme-GW' }"],
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

const xRateLimitNames = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']

function gateway(prefix: unknown, option: string): Family {
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(prefix)) {
    throw new SluiceError(SLUICE_OPTION_TYPE, { option, wanted: "the beginning of a header name, such as 'X-Acme-GW'", value: prefix })
  }
  return { names: Object.values(gatewayFieldNames(prefix)), quota: createGatewaySerializer(prefix) }
}

function isGateway(preset: unknown): preset is { prefix: unknown } {
  return typeof preset === 'object' && preset !== null && 'preset' in preset && preset.preset === 'gateway' && 'prefix' in preset
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
