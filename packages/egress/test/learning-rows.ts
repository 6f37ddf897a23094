/** What learning from headers is measured by: scenes with bounds, and mistakes that must break a bound. */
import { roomOf } from '../src/mirror/learn.ts'
import { usualWays, type Ways } from '../src/mirror/ways.ts'
import { usedAt } from '../src/mirror/window-log.ts'
import { type Arrivals, type LearningOutcome, type LearningScene, minuteUs, runScene } from './learning.ts'

/** How headers are read. */
export type Reading = 'fold' | 'naive' | 'no spread' | 'no probe' | 'off'

/** `naive` takes all that was used and is not ours now for strangers. `no spread` keeps nothing free for what they may add. */
const readings: Readonly<Record<Reading, { readonly ways: Ways; readonly probes: boolean }>> = {
  fold: { ways: usualWays, probes: true },
  naive: {
    ways: {
      ...usualWays,
      learn(learned, log, now, { at, limit = 0, remaining = 0 }, of) {
        learned.seenUs = at
        learned.sureUs = at
        learned.limit = limit
        learned.strangers = Math.max(0, limit - remaining - usedAt(log, now, of))
      },
    },
    probes: true,
  },
  'no spread': { ways: { ...usualWays, roomOf: (learned, now, of) => roomOf({ ...learned, sureUs: now }, now, of) }, probes: true },
  'no probe': { ways: usualWays, probes: false },
  off: { ways: { ...usualWays, learn: () => {} }, probes: false },
}

/** A scene, and what it must come to. */
export interface Row {
  readonly name: string
  readonly scene: Omit<LearningScene, 'ways' | 'probes'>
  readonly mostLimited: number
  /** Whether the quota is halved for a minute, from the fifth minute on. */
  readonly halved?: boolean
}

/** What a row has come to. */
export interface Figures {
  readonly limited: number
  readonly served: number
  /** Calls served, of those that a caller serves who knows the limit at each moment. */
  readonly used: number
  /** Seconds from the end of the halved quota until a second in which calls are served at the whole rate. */
  readonly recoveredSeconds: number
}

const strangersFirst = 2 * minuteUs
const half = (kind: Arrivals['kind']): Arrivals => ({ kind, perMinute: 150 })
const ours = (perMinute: number): Arrivals => ({ kind: 'poisson', perMinute, fromUs: strangersFirst })
const stranger = (kind: Arrivals['kind'], perMinute: number, minutes = 22): Row['scene'] => ({
  limit: 300,
  configured: 300,
  ours: ours(perMinute),
  strangers: half(kind),
  minutes,
})

const halvedFromUs = 5 * minuteUs
const halvedToUs = 6 * minuteUs
const halved = (capacity: number, arrivals: Arrivals): Pick<Row, 'scene' | 'halved'> => ({
  scene: {
    limit: (atUs) => (atUs >= halvedFromUs && atUs < halvedToUs ? capacity / 2 : capacity),
    configured: capacity,
    ours: arrivals,
    minutes: 15,
  },
  halved: true,
})

/** The stranger has half of 300 a minute for 20 minutes. */
export const rows: readonly Row[] = [
  { name: 'a smooth stranger, and we want more than the rest', scene: stranger('smooth', 400), mostLimited: 0 },
  { name: 'a Poisson stranger, and we want 72 % of the rest', scene: stranger('poisson', 108), mostLimited: 0 },
  { name: 'a Poisson stranger, and we want more than the rest', scene: stranger('poisson', 400), mostLimited: 31 },
  {
    name: 'a Poisson stranger, and we are steady and want more',
    scene: { ...stranger('poisson', 400), pace: 'steady' },
    mostLimited: 31,
  },
  {
    name: 'a Poisson stranger in fixed windows, and we want more',
    scene: { ...stranger('poisson', 400), fixedFromUs: 17_000_000 },
    mostLimited: 60,
  },
  {
    name: 'a burst after an hour of silence',
    scene: { ...stranger('smooth', 60_000, 62), ours: { kind: 'poisson', perMinute: 60_000, fromUs: 60 * minuteUs } },
    mostLimited: 0,
  },
  { name: '300 a minute, halved for one minute', ...halved(300, { kind: 'smooth', perMinute: 285 }), mostLimited: 1 },
  { name: '3,000 a minute, halved for one minute', ...halved(3000, { kind: 'smooth', perMinute: 2850 }), mostLimited: 30 },
]

/** Plays a row. */
export function play({ scene, halved: isHalved = false }: Row, reading: Reading = 'fold', seed = 1): Figures {
  const outcome = runScene({ ...scene, ...readings[reading], seed })
  return {
    limited: outcome.limitedAtUs.length,
    served: outcome.servedAtUs.length,
    used: isHalved ? outcome.servedAtUs.length / servedByOracle(scene) : Number.NaN,
    recoveredSeconds: isHalved ? recoveredOf(outcome, scene.configured) : Number.NaN,
  }
}

function recoveredOf({ servedAtUs }: LearningOutcome, capacity: number): number {
  for (let second = 1; ; second++) {
    const fromUs = halvedToUs + (second - 1) * 1_000_000
    const served = servedAtUs.filter((atUs) => atUs >= fromUs && atUs < fromUs + 1_000_000).length
    if (served >= Math.floor((0.95 * capacity) / 60) || second > 60) return second
  }
}

/** Calls that a caller serves who is at the provider, and knows what it counts. */
function servedByOracle({ limit, ours: { perMinute }, minutes }: Row['scene']): number {
  const sentAtUs: number[] = []
  const stepUs = 1000
  let waiting = 0
  let oldest = 0
  for (let atUs = 0; atUs < minutes * minuteUs; atUs += stepUs) {
    waiting += (perMinute * stepUs) / minuteUs
    while (oldest < sentAtUs.length && sentAtUs[oldest]! <= atUs - minuteUs) oldest += 1
    while (waiting >= 1 && sentAtUs.length - oldest < (typeof limit === 'number' ? limit : limit(atUs))) {
      sentAtUs.push(atUs)
      waiting -= 1
    }
  }
  return sentAtUs.length
}
