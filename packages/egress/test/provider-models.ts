/**
 * Providers as others run them, in virtual time: they count what arrives and refuse what is too much. They share no code with the
 * mirror. A refused call counts as a request, which is dimension 0.
 */

/** A capacity that changes while the model runs is a getter. */
export interface ProviderLimit {
  readonly capacity: number
  readonly windowUs: number
}

export interface Provider {
  /** @returns whether the call is served */
  arrive(id: number, atUs: number, costs: readonly number[]): boolean
  /** Units of a limit that are left, as the headers of a response say. */
  remaining?(limit: number, atUs: number): number
  /** The response has ended: the estimate of the call is replaced by what it used. */
  finish(id: number, atUs: number, actual: readonly number[]): void
}

interface Arrival {
  readonly atUs: number
  units: number[]
}

/** Any stretch of the window's length holds at most the capacity. Everything is called in the order of time. */
export function slidingProvider(limits: readonly ProviderLimit[]): Provider {
  const arrivals: Arrival[] = []
  const placeOf = new Map<number, number>()
  /** By limit: what counts, and where in `arrivals` it begins. */
  const used = limits.map(() => 0)
  const from = limits.map(() => 0)
  const usedOf = (i: number, atUs: number): number => {
    while (from[i]! < arrivals.length && arrivals[from[i]!]!.atUs <= atUs - limits[i]!.windowUs) used[i]! -= arrivals[from[i]!++]!.units[i]!
    return used[i]!
  }
  return {
    arrive(id, atUs, costs) {
      const ok = limits.every(({ capacity }, i) => costs[i] === 0 || usedOf(i, atUs) + costs[i]! <= capacity)
      const units = ok ? [...costs] : costs.map((_, i) => (i === 0 ? 1 : 0))
      placeOf.set(id, arrivals.push({ atUs, units }) - 1)
      for (let i = 0; i < used.length; i++) used[i]! += units[i]!
      return ok
    },
    remaining: (i, atUs) => Math.max(0, limits[i]!.capacity - usedOf(i, atUs)),
    finish(id, _atUs, actual) {
      const place = placeOf.get(id)
      if (place === undefined) return
      placeOf.delete(id)
      const arrival = arrivals[place]!
      for (let i = 0; i < used.length; i++) if (place >= from[i]!) used[i]! += actual[i]! - arrival.units[i]!
      arrival.units = [...actual]
    },
  }
}

/** Windows that begin at `phaseUs` and at every whole window from there. */
export function fixedProvider(limits: readonly ProviderLimit[], phaseUs: number): Provider {
  const used = limits.map(() => new Map<number, number>())
  const served = new Map<number, Arrival>()
  const windowOf = (i: number, atUs: number): number => Math.floor((atUs - phaseUs) / limits[i]!.windowUs)
  const add = (i: number, window: number, units: number): void => {
    used[i]!.set(window, (used[i]!.get(window) ?? 0) + units)
  }
  return {
    arrive(id, atUs, costs) {
      const ok = limits.every(({ capacity }, i) => costs[i] === 0 || (used[i]!.get(windowOf(i, atUs)) ?? 0) + costs[i]! <= capacity)
      const units = ok ? [...costs] : costs.map((_, i) => (i === 0 ? 1 : 0))
      units.forEach((each, i) => {
        add(i, windowOf(i, atUs), each)
      })
      served.set(id, { atUs, units })
      return ok
    },
    remaining: (i, atUs) => Math.max(0, limits[i]!.capacity - (used[i]!.get(windowOf(i, atUs)) ?? 0)),
    finish(id, _atUs, actual) {
      const arrival = served.get(id)
      arrival?.units.forEach((units, i) => {
        add(i, windowOf(i, arrival.atUs), actual[i]! - units)
      })
    },
  }
}

/** One unit per `windowUs / capacity`, and nothing sooner. */
export function pacedProvider(limits: readonly ProviderLimit[]): Provider {
  const freeAtUs = limits.map(() => Number.NEGATIVE_INFINITY)
  return {
    arrive(_id, atUs, costs) {
      const ok = limits.every((_, i) => costs[i] === 0 || atUs >= freeAtUs[i]!)
      limits.forEach(({ capacity, windowUs }, i) => {
        const units = ok ? costs[i]! : i === 0 ? 1 : 0
        if (units > 0) freeAtUs[i] = Math.max(freeAtUs[i]!, atUs) + (units * windowUs) / capacity
      })
      return ok
    },
    finish() {},
  }
}
