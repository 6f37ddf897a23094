/** What goes wrong, as limiters and providers tell of it: outages with their cause and since when, and faults by code. */
import type { LimiterEvent } from '@sluice/core'
import type { FaultFigures, OutageFigures } from './figures.ts'

/** Troubles of one process. */
export interface Troubles {
  /** @param source - what told of it: a limiter, or a provider with its name */
  outage(
    source: object,
    provider: string | null,
    event: { readonly state?: unknown; readonly code?: unknown; readonly reason?: unknown },
    nowMs: number,
  ): void
  fault(event: Extract<LimiterEvent, { readonly type: 'fault' }>, nowMs: number): void
  outages(): readonly OutageFigures[]
  /** The latest first. */
  faults(nowMs: number): readonly FaultFigures[]
}

/** Faults are shown for fifteen minutes, by code and limit, and so many of them. */
const lifetimeMs = 900_000
const mostFaults = 50

export function troubles(): Troubles {
  const away = new Map<object, OutageFigures>()
  const faults = new Map<string, FaultFigures>()
  return {
    outage(source, provider, { state, code, reason }, nowMs) {
      if (state === 'ended') away.delete(source)
      // A second cause of one outage does not begin it anew.
      else away.set(source, { provider, code: String(code), reason: String(reason), sinceMs: away.get(source)?.sinceMs ?? nowMs })
    },
    fault({ error, limit }, nowMs) {
      const name = `${error.code} ${limit}`
      const count = (faults.get(name)?.count ?? 0) + 1
      faults.delete(name)
      faults.set(name, { code: error.code, limit, count, lastMs: nowMs })
      if (faults.size > mostFaults) faults.delete(faults.keys().next().value!)
    },
    outages: () => onceEach([...away.values()]),
    faults(nowMs) {
      for (const [name, { lastMs }] of faults) if (nowMs - lastMs > lifetimeMs) faults.delete(name)
      return [...faults.values()].reverse()
    },
  }
}

/** Each limiter on a store tells of its outage. It is one, and began with the first. */
export function onceEach(outages: readonly OutageFigures[]): readonly OutageFigures[] {
  const once = new Map<string, OutageFigures>()
  for (const outage of outages) {
    const name = JSON.stringify([outage.provider, outage.code, outage.reason])
    const known = once.get(name)
    if (known === undefined || outage.sinceMs < known.sinceMs) once.set(name, outage)
  }
  return [...once.values()]
}
