/** The scenes of "Layered quotas": each kind of rule, and callers who take whatever they can get. */
import {
  burstMax,
  concurrency,
  everyone,
  fixedWindow,
  guaranteedShareOf,
  type Limit,
  type Rule,
  shareOf,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import type { Scene } from './admission-picture.ts'

const midnightMs = Date.UTC(2026, 0, 1)
const seconds = { 0: '0s', 8: '1s', 16: '2s', 24: '3s' }

/** One rule, one caller, an eighth of a second a column. */
function alone(rule: Rule, from: number = 0): Scene {
  const limits: Limit<string>[] = [{ name: 'all', by: everyone, rule }]
  return { limits, callers: { caller: from }, startMs: midnightMs, columns: 28, columnMs: 125, marks: seconds }
}

/** Callers who share a parent. */
function sharing(rule: Rule, callers: Scene['callers']): Scene {
  const limits: Limit<string>[] = [
    { name: 'application', by: everyone, rule: tokenBucket({ capacity: 8, per: '1s', mode: 'interval' }) },
    { name: 'seller', by: (seller) => seller, rule },
  ]
  return { ...alone(rule), limits, callers }
}

/** By the name of the picture. */
export const scenes: Readonly<Record<string, Scene>> = {
  'token-bucket': alone(tokenBucket({ capacity: 8, refill: 4, per: '1s' })),
  'token-bucket-interval': alone(tokenBucket({ capacity: 8, refill: 4, per: '1s', mode: 'interval' })),
  'burst-max': alone(burstMax({ refill: 4, per: '1s' })),
  'fixed-window': alone(fixedWindow({ capacity: 8, per: '1s' }), 6),
  'fixed-window-first': alone(fixedWindow({ capacity: 8, per: '1s', align: 'first' }), 6),
  'fixed-window-calendar': {
    ...alone(fixedWindow({ capacity: 8, per: 'day', timeZone: 'Europe/Berlin' })),
    startMs: Date.UTC(2026, 2, 27, 23),
    columns: 56,
    columnMs: 3_600_000,
    marks: { 0: 'Saturday, 24 hours', 24: 'Sunday, 23 hours', 47: 'Monday' },
  },
  'sliding-window': alone(slidingWindow({ capacity: 8, per: '1s' }), 6),
  'sliding-window-exact': alone(slidingWindow({ capacity: 8, per: '1s', exact: true }), 6),
  concurrency: { ...alone(concurrency({ capacity: 4 })), heldFor: 3 },
  'share-of': sharing(shareOf('application', 0.5), { ada: 0, bob: 8, eve: 16 }),
  'share-of-guaranteed': sharing(guaranteedShareOf('application', 0.25), { greedy: 0, modest: 12 }),
}
