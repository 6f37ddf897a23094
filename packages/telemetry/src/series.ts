/** Values of metrics by their labels: plain numbers, added to where something happens and read where a collector asks. */
import { bounds } from './metrics.ts'

/** The labels of one series. */
export type Labels = Readonly<Record<string, string>>

/** Gets the value of one series. */
export type Emit = (labels: Labels, value: number) => void

/** So many series of one metric are kept apart. Labels are names and codes of an application, so that fewer come. */
const mostSeries = 1000

/** Numbers that only grow, by labels. */
export interface Tally {
  add(...values: readonly string[]): void
  read(emit: Emit): void
}

/** A tally whose labels have these names. */
export function tally(names: readonly string[]): Tally {
  const series = new Map<string, { readonly labels: Labels; value: number }>()
  return {
    add(...values) {
      const one = seriesOf(series, names, values, (labels) => ({ labels, value: 0 }))
      if (one !== undefined) one.value += 1
    },
    read(emit) {
      for (const { labels, value } of series.values()) emit(labels, value)
    },
  }
}

/** How many observations were at most each bound, by labels. */
export interface Spread {
  /** @param seconds - what was observed; each listener gets it too */
  add(seconds: number, ...values: readonly string[]): void
  series(): Iterable<SpreadSeries>
  /** Calls back with each observation. @returns a function that stops it */
  listen(listener: (labels: Labels, seconds: number) => void): () => void
}

/** The observations of one series. */
export interface SpreadSeries {
  readonly labels: Labels
  /** By bound: observations above the bound before and at most this one. The last counts those above all bounds. */
  readonly counts: Float64Array
  sum: number
}

/** A spread whose labels have these names. */
export function spread(names: readonly string[]): Spread {
  const series = new Map<string, SpreadSeries>()
  const listeners = new Set<(labels: Labels, seconds: number) => void>()
  return {
    add(seconds, ...values) {
      const one = seriesOf(series, names, values, (labels) => ({ labels, counts: new Float64Array(bounds.length + 1), sum: 0 }))
      if (one === undefined) return
      const at = bounds.findIndex((bound) => seconds <= bound)
      one.counts[at < 0 ? bounds.length : at]! += 1
      one.sum += seconds
      for (const listener of listeners) listener(one.labels, seconds)
    },
    series: () => series.values(),
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function seriesOf<S>(
  series: Map<string, S>,
  names: readonly string[],
  values: readonly string[],
  make: (labels: Labels) => S,
): S | undefined {
  const key = values.join('\n')
  const known = series.get(key)
  if (known !== undefined || series.size >= mostSeries) return known
  const made = make(Object.fromEntries(names.map((name, i) => [name, values[i]!])))
  series.set(key, made)
  return made
}
