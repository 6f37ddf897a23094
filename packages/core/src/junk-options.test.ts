/** Junk in any option of any function that applications call: a coded error that names the option, and never a secret. */
import { inspect } from 'node:util'
import { beforeAll, expect, test, vi } from 'vitest'
import { adaptiveCapacity } from './adaptive/adaptive-capacity.ts'
import { ban } from './bans/ban.ts'
import { cached } from './limiter/cached.ts'
import { createLimiter } from './limiter/limiter.ts'
import { memoryStore } from './memory/memory-store.ts'
import { surviveOutages } from './outage/outage.ts'
import { burstMax } from './rules/burst-max/burst-max.ts'
import { concurrency } from './rules/concurrency/concurrency.ts'
import { fixedWindow } from './rules/fixed-window/fixed-window.ts'
import { guaranteedShareOf } from './rules/guaranteed/guaranteed-share.ts'
import { shareOf } from './rules/share/share.ts'
import { slidingWindow } from './rules/sliding-window/sliding-window.ts'
import { tokenBucket } from './rules/token-bucket/token-bucket.ts'
import { SluiceError } from './sluice-error.ts'

const secret = 'hunter2'
const circular: Record<string, unknown> = {}
Object.assign(circular, { self: circular })

/** Values that no option takes, unless the table below says so. */
const junk: Readonly<Record<string, unknown>> = {
  null: null,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-1': -1,
  '0': 0,
  '0.5': 0.5,
  '2^53': 2 ** 53,
  'an empty text': '',
  'a word': 'bogus',
  'a digit': '1',
  'a URL with a password': `redis://user:${secret}@host:6379`,
  true: true,
  false: false,
  'an empty list': [],
  'a list of one': [1],
  'an empty object': {},
  'an object without a prototype': Object.create(null),
  'an object that is no text': { toString: null, valueOf: null },
  'an object with a password': { password: secret },
  'an object that contains itself': circular,
  'an object that cannot be JSON': { toJSON: () => Promise.reject.call(null) },
  'a function': () => 1,
  'a symbol': Symbol('junk'),
  'a bigint': 1n,
  'a date': new Date(0),
  'an invalid date': new Date(Number.NaN),
  'a map': new Map(),
}

type Options = Readonly<Record<string, unknown>>
/** A function, options that it takes, and of each option the junk that it takes too. */
type Factory = readonly [make: (options: never) => unknown, options: Options, takes: Readonly<Record<string, readonly string[]>>]

const rule = tokenBucket({ capacity: 10, per: '1s' })
const limitWith = (more: Options): unknown => createLimiter({ limits: [{ name: 'a', by: () => 'k', rule, ...more } as never] })
const functions = ['a function']
const booleans = ['true', 'false']
const zero = ['0']

const factories: Readonly<Record<string, Factory>> = {
  tokenBucket: [tokenBucket, { capacity: 10, per: '1s' }, { capacity: zero, per: [], refill: [], mode: [] }],
  burstMax: [burstMax, { refill: 10, per: '1s' }, { refill: zero, capacity: zero, per: [], mode: [] }],
  fixedWindow: [fixedWindow, { capacity: 10, per: '1s' }, { capacity: zero, per: [], align: [] }],
  'fixedWindow of the calendar': [fixedWindow, { capacity: 10, per: 'day', timeZone: 'UTC' }, { capacity: zero, timeZone: [] }],
  slidingWindow: [slidingWindow, { capacity: 10, per: '1s' }, { capacity: zero, per: [], exact: booleans, slots: [] }],
  concurrency: [concurrency, { capacity: 10 }, { capacity: zero, lease: [] }],
  shareOf: [({ parent, ratio }) => shareOf(parent, ratio), { parent: 'a', ratio: 0.5 }, { parent: texts(), ratio: ['0.5'] }],
  guaranteedShareOf: [
    ({ parent, ratio }) => guaranteedShareOf(parent, ratio),
    { parent: 'a', ratio: 0.5 },
    { parent: texts(), ratio: ['0.5'] },
  ],
  ban: [ban, { after: 1, within: '1s', for: '1s' }, { after: [], within: [], for: [], factor: [], atMost: [] }],
  adaptiveCapacity: [adaptiveCapacity, { latency: '1s' }, { latency: [], algorithm: [], initial: [], min: [], max: [], backoff: ['0.5'] }],
  'adaptiveCapacity by gradient2': [adaptiveCapacity, { algorithm: 'gradient2' }, { initial: [], min: [], max: [], tolerance: [] }],
  cached: [
    (options) => cached(() => 1, options),
    { ttl: '1s', max: 1 },
    { ttl: [], max: [], stale: zero, inFlight: [], functionTimeout: [], clock: [] },
  ],
  memoryStore: [memoryStore, {}, { maxBuckets: [], clock: [] }],
  surviveOutages: [
    (options) => surviveOutages(memoryStore(), options),
    { processes: 1 },
    { timeout: [], onOutage: [], processes: [], clock: [] },
  ],
  createLimiter: [
    createLimiter as never,
    { limits: [{ name: 'a', by: () => 'k', rule }] },
    { limits: [], store: [], onFault: [], functionTimeout: [], version: ['a digit'] },
  ],
  'a limit': [
    limitWith,
    {},
    {
      name: texts(),
      by: functions,
      rule: functions,
      cost: [...zero, ...functions],
      when: functions,
      shadow: booleans,
      disclose: booleans,
      onOutage: [],
      nearAt: ['0.5'],
      initial: zero,
      debit: [],
      ban: [],
    },
  ],
  update: [
    (options) => createLimiter({ limits: [{ name: 'a', by: () => 'k', rule }] }).update([{ name: 'a', by: () => 'k', rule }], options),
    {},
    { migrate: [], version: ['a digit'] },
  ],
}

function texts(): readonly string[] {
  return ['a word', 'a digit', 'a URL with a password']
}

beforeAll(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined))

const cases = Object.entries(factories).flatMap(([factory, [, , takes]]) => Object.keys(takes).map((option) => [factory, option] as const))

test.each(cases)('%s: junk as %s is a coded error that names the option', (factory, option) => {
  const [make, options, takes] = factories[factory]!
  const wrong = Object.entries(junk).flatMap(([what, value]) => {
    if (takes[option]!.includes(what)) return []
    const fault = faultOf(() => make({ ...options, [option]: value } as never), option)
    return fault === undefined ? [] : [`${what}: ${fault}`]
  })
  expect(wrong).toEqual([])
})

/** What is wrong with what a call throws; `undefined` for a coded error that names the option and shows no secret. */
function faultOf(call: () => unknown, option: string): string | undefined {
  try {
    call()
    return 'is taken'
  } catch (error) {
    if (!(error instanceof SluiceError)) return String(error)
    // One limit is wrong where the list of them is right.
    if (!new RegExp(`\\b${option.replace('limits', 'limits?')}\\b`).test(String(error.facts.option)))
      return `names ${String(error.facts.option)}: ${error.message}`
    return inspect(error, { depth: 9 }).includes(secret) ? `shows a secret: ${error.message}` : undefined
  }
}

const ofOptions = Object.entries(factories).filter(([factory]) => !/hareOf|limit/.test(factory))

test.each(ofOptions)('%s: junk in place of its options is a coded error', (_, [make]) => {
  for (const value of [null, 5, 'bogus', [], Symbol('junk'), 1n, () => 1]) {
    expect(() => make(value as never)).toThrow(SluiceError)
  }
})
