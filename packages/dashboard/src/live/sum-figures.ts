/** Adding up the figures of several processes, so that they look like those of one. */
import type { LimitRates, ProcessFigures, ProviderFigures } from './figures.ts'
import { sumOfCounts } from './top-keys.ts'
import { onceEach } from './troubles.ts'

/** Keys that are kept of all processes. */
const mostKeys = 50

/** The sum of all. The first is this process, whose name and time the sum has. */
export function sumOfFigures(all: readonly [ProcessFigures, ...ProcessFigures[]]): ProcessFigures {
  const [own] = all
  if (all.length === 1) return own
  const sum = (of: (one: ProcessFigures) => number): number => all.reduce((total, one) => total + of(one), 0)
  return {
    id: own.id,
    atMs: own.atMs,
    decisions: sum(({ decisions }) => decisions),
    refused: sum(({ refused }) => refused),
    latest: { decisions: sum(({ latest }) => latest.decisions), refused: sum(({ latest }) => latest.refused) },
    limits: sumByName(
      all.map(({ limits }) => limits),
      addRates,
    ),
    latestOfLimits: sumByName(
      all.map(({ latestOfLimits }) => latestOfLimits),
      (a, b) => [a[0] + b[0], a[1] + b[1]],
    ),
    deciders: sumOfLists(all.map(({ deciders }) => deciders)),
    latency: sumOfLists(all.map(({ latency }) => latency)),
    usage: all.flatMap(({ usage }) => usage),
    roundTrips: { scripts: sum(({ roundTrips }) => roundTrips.scripts), calls: sum(({ roundTrips }) => roundTrips.calls) },
    outages: onceEach(all.flatMap(({ outages }) => outages)),
    faults: Object.values(
      sumByName(
        all.map(({ faults }) => Object.fromEntries(faults.map((fault) => [`${fault.code} ${fault.limit}`, fault]))),
        (a, b) => ({ ...a, count: a.count + b.count, lastMs: Math.max(a.lastMs, b.lastMs) }),
      ),
    ).sort((a, b) => b.lastMs - a.lastMs),
    keys: sumOfCounts(
      all.map(({ keys }) => keys),
      mostKeys,
    ),
    providers: Object.values(
      sumByName(
        all.map(({ providers }) => Object.fromEntries(providers.map((provider) => [provider.name, provider]))),
        addProviders,
      ),
    ),
  }
}

function addRates(a: LimitRates, b: LimitRates): LimitRates {
  return { admitted: a.admitted + b.admitted, near: a.near + b.near, refused: a.refused + b.refused, shadow: a.shadow + b.shadow }
}

/** The longest wait of all is the honest one: the next call may come to any process. */
function addProviders(a: ProviderFigures, b: ProviderFigures): ProviderFigures {
  return {
    ...a,
    waiting: a.waiting + b.waiting,
    inFlight: a.inFlight + b.inFlight,
    waitMs: a.waitMs === null || b.waitMs === null ? null : Math.max(a.waitMs, b.waitMs),
    sent: a.sent + b.sent,
    refused: a.refused + b.refused,
    limited: a.limited + b.limited,
  }
}

function sumByName<T>(all: readonly Readonly<Record<string, T>>[], add: (a: T, b: T) => T): Readonly<Record<string, T>> {
  const sums = new Map<string, T>()
  for (const [name, value] of all.flatMap((one) => Object.entries(one))) {
    const known = sums.get(name)
    sums.set(name, known === undefined ? value : add(known, value))
  }
  return Object.fromEntries(sums)
}

function sumOfLists(lists: readonly (readonly number[])[]): readonly number[] {
  return lists[0]!.map((_, i) => lists.reduce((total, list) => total + (list[i] ?? 0), 0))
}
