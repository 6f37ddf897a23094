/** How the rule of each kind is written for the scripts: a letter or a sign, the numbers that they count with, and what only callers are told. */
import type {
  BurstMaxRule,
  CalendarPeriod,
  CalendarWindowRule,
  ConcurrencyRule,
  CountingRule,
  FirstWindowRule,
  SlidingLogRule,
  SlidingWindowRule,
  TokenBucketRule,
} from '@sluice/core'
import {
  burstMaxKind,
  calendarWindowKind,
  concurrencyKind,
  firstWindowKind,
  type GuaranteedRule,
  guaranteedKind,
  type RuleNumbers,
  ruleOf,
  slidingLogKind,
  slidingWindowKind,
  tokenBucketKind,
} from '@sluice/core/internal'

/** A rule in parts. */
export interface RuleText {
  readonly letter: string
  readonly capacity: number
  /** What comes back, of how many scaled units, in how many microseconds; or what the kind has in the places of these. */
  readonly numbers: readonly [rate: number, scale: number, periodUs: number]
  /** What the scripts have no use for. */
  readonly told: string
}

interface Kind<R extends CountingRule> {
  readonly letters: readonly string[]
  write(rule: R): RuleText
  read(text: RuleText): R
}

type PerPeriod = Pick<TokenBucketRule, 'capacity' | 'refill' | 'perMs' | 'rate' | 'scale' | 'periodUs'>

/** Kinds with a rate per period, which callers are told as a refill; the capacity where it is nothing else. */
function writePerPeriod(letter: string, { capacity, refill, rate, scale, periodUs }: PerPeriod): RuleText {
  return { letter, capacity, numbers: [rate, scale, periodUs], told: refill === capacity ? '' : String(refill) }
}

function readPerPeriod({ capacity, numbers: [rate, scale, periodUs], told }: RuleText): PerPeriod {
  return { capacity, refill: told === '' ? capacity : Number(told), perMs: periodUs / 1000, rate, scale, periodUs }
}

/** A sliding window's share of less than one unit is longer than the period that callers are told, and has a fraction for a refill. */
function writeSliding({ refill, capacity, perMs, periodUs }: SlidingLogRule | SlidingWindowRule): string {
  return refill === capacity && perMs * 1000 === periodUs ? '' : `${refill}/${perMs}`
}

function readSliding({ capacity, numbers: [, , periodUs], told }: RuleText): Omit<RuleNumbers<SlidingLogRule>, 'scale'> {
  const [refill, perMs] = told === '' ? [capacity, periodUs / 1000] : told.split('/').map(Number)
  return { capacity, refill: refill!, perMs: perMs!, periodUs }
}

const tokenBucket: Kind<TokenBucketRule> = {
  letters: ['g', 'i'],
  write: (rule) => writePerPeriod(rule.mode === 'greedy' ? 'g' : 'i', rule),
  read: (text) => ruleOf(tokenBucketKind, { mode: text.letter === 'g' ? 'greedy' : 'interval', ...readPerPeriod(text) }),
}
const burstMax: Kind<BurstMaxRule> = {
  letters: ['b'],
  write: (rule) => writePerPeriod('b', rule),
  read: (text) => ruleOf(burstMaxKind, { ...readPerPeriod(text) }),
}
const firstWindow: Kind<FirstWindowRule> = {
  letters: ['f'],
  write: (rule) => writePerPeriod('f', rule),
  read: (text) => ruleOf(firstWindowKind, { ...readPerPeriod(text) }),
}
const slidingWindow: Kind<SlidingWindowRule> = {
  letters: ['s'],
  write: (rule) => ({ letter: 's', capacity: rule.capacity, numbers: [rule.tickUs, rule.scale, rule.periodUs], told: writeSliding(rule) }),
  read: (text) => ruleOf(slidingWindowKind, { ...readSliding(text), scale: text.numbers[1], tickUs: text.numbers[0] }),
}
const slidingLog: Kind<SlidingLogRule> = {
  letters: ['l'],
  write: (rule) => ({ letter: 'l', capacity: rule.capacity, numbers: [1, 1, rule.periodUs], told: writeSliding(rule) }),
  read: (text) => ruleOf(slidingLogKind, { ...readSliding(text), scale: 1 }),
}

const dayMs = 86_400_000
const lengths = { day: { perMs: dayMs }, week: { perMs: 7 * dayMs }, month: {} } as const

const calendarWindow: Kind<CalendarWindowRule> = {
  letters: ['c'],
  write: ({ capacity, refill, period, timeZone, rate, scale, longestUs }) => ({
    letter: 'c',
    capacity,
    numbers: [rate, scale, longestUs],
    told: `${refill === capacity ? '' : refill}/${period}/${timeZone}`,
  }),
  read({ capacity, numbers: [rate, scale, longestUs], told }) {
    const [refill, period, ...zone] = told.split('/') as [string, CalendarPeriod, ...string[]]
    const units = refill === '' ? capacity : Number(refill)
    return ruleOf(calendarWindowKind, {
      capacity,
      refill: units,
      period,
      timeZone: zone.join('/'),
      ...lengths[period],
      rate,
      scale,
      longestUs,
    })
  },
}

/** Slots, with the length of a lease for a period. */
const concurrency: Kind<ConcurrencyRule> = {
  letters: ['#'],
  write: ({ capacity, leaseMs }) => ({ letter: '#', capacity, numbers: [1, 1, leaseMs * 1000], told: '' }),
  read: ({ capacity, numbers: [, , leaseUs] }) => ruleOf(concurrencyKind, { capacity, scale: 1, leaseMs: leaseUs / 1000 }),
}

const guaranteed: Kind<GuaranteedRule> = {
  letters: ['q'],
  write: ({ capacity, periodUs }) => ({ letter: 'q', capacity, numbers: [capacity, 1, periodUs], told: '' }),
  read: ({ capacity, numbers: [, , periodUs] }) =>
    ruleOf(guaranteedKind, {
      capacity,
      refill: capacity,
      perMs: periodUs / 1000,
      scale: 1,
      periodUs,
    }),
}

const kinds: Readonly<Record<string, Kind<CountingRule>>> = {
  'token-bucket': tokenBucket,
  'burst-max': burstMax,
  'first-window': firstWindow,
  'sliding-window': slidingWindow,
  'sliding-log': slidingLog,
  'calendar-window': calendarWindow,
  concurrency,
  guaranteed,
}

/** A rule in parts, or `undefined` for a kind that the scripts do not know. */
export function writeRule(rule: CountingRule): RuleText | undefined {
  // Each kind is handed only rules of its own, which the name says and the type cannot.
  return kinds[rule.kind]?.write(rule)
}

/** The rule of the parts that {@link writeRule} made. */
export function readRule(text: RuleText): CountingRule | undefined {
  return Object.values(kinds)
    .find(({ letters }) => letters.includes(text.letter))
    ?.read(text)
}
