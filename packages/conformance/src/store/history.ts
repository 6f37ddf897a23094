/** Histories: what callers and operators did to a store, as plain data that any store can be run through. */

import type {
  Ban,
  BlockedKey,
  Charge,
  CountingRule,
  Hold,
  LimitFacts,
  LimitStatus,
  MaybePromise,
  Micros,
  Migrate,
  Settled,
  Store,
  Terms,
  Verdict,
} from '@sluice/core'

/** A store whose time is in the hands of a test. */
export interface TimedStore {
  readonly store: Store
  /** Puts the time of the store; earlier moments too. */
  setNowUs(now: Micros): MaybePromise<void>
}

/** A limit of a history. */
export interface HistoryLimit {
  readonly facts: LimitFacts
  /** Units below the capacity of the rule with which buckets start. */
  readonly startsBelow: number
}

/** One limit asked in a step. */
export interface Ask {
  readonly limit: number
  readonly key: string
  readonly rule: number
  readonly version: number
  readonly cost: number
  /** What the step would rather have, together with the others that say so. */
  readonly upTo?: number
}

/** What happened next. Holds are counted back from the latest reservation. */
export type HistoryStep =
  | { readonly do: 'wait'; readonly us: number }
  | { readonly do: 'waitFor'; readonly field: 'retryAfterMs' | 'replenishAfterMs' | 'resetAfterMs'; readonly plusUs: number }
  | {
      readonly do: 'consume' | 'peek' | 'reserve'
      readonly asks: readonly Ask[]
      readonly undo: readonly number[]
      /** What becomes of buckets whose rule changes here. @default that of the history */
      readonly migrate?: Migrate
    }
  /** Consumes what is left of a limit. */
  | { readonly do: 'drain'; readonly ask: Ask }
  | { readonly do: 'settle'; readonly hold: number; readonly actual: readonly number[] }
  | { readonly do: 'renew'; readonly hold: number }
  | { readonly do: 'refund'; readonly asks: readonly Ask[] }
  | { readonly do: 'inspect' | 'reset' | 'resetAll'; readonly ask: Ask }
  | { readonly do: 'strike' | 'blocked'; readonly ask: Ask }
  | { readonly do: 'block'; readonly ask: Ask; readonly durationMs: number }

/** Limits, rules, and what happened under them. */
export interface History {
  readonly startUs: Micros
  readonly limits: readonly HistoryLimit[]
  readonly rules: readonly CountingRule[]
  readonly migrate: Migrate
  readonly steps: readonly HistoryStep[]
}

/** What a store answered to one step, and when. */
export interface Outcome {
  readonly nowUs: Micros
  /** As it was carried out: to drain is to consume what was seen to be left. */
  readonly step: HistoryStep
  readonly verdict?: Omit<Verdict, 'hold'>
  /** Units that a reservation holds, by entry; `null` for a refused one. */
  readonly held?: readonly number[] | null
  readonly settled?: Settled
  readonly renewed?: boolean
  readonly status?: LimitStatus | null
  readonly ban?: Ban | null
  /** The longest block first; those that end together in the order of their keys. */
  readonly blocked?: readonly BlockedKey[]
}

const latestUs = 4_102_444_800_000_000

/** The nearest time that clocks tell to the microsecond: rules that take decades would lead out of those, as steps back would before 1970. */
function exactly(us: Micros): Micros {
  return Math.min(latestUs, Math.max(0, us))
}

/** Runs a store through a history, from `startUs` on; what two right stores answer is the same to the last field. */
export async function runHistory(subject: TimedStore, history: History): Promise<Outcome[]> {
  const { store } = subject
  const termsOf = rememberTerms(history)
  const holds: Hold[] = []
  const outcomes: Outcome[] = []
  let nowUs = history.startUs
  let seen: LimitStatus | undefined

  const chargeOf = (ask: Ask): Charge => {
    const { limit, key, cost, upTo } = ask
    return { limit: history.limits[limit]!.facts, key, terms: termsOf(ask), cost, ...(upTo !== undefined && { upTo }) }
  }
  const holdAt = (back: number): Hold[] => holds.slice(-1 - back).slice(0, holds.length > back ? 1 : 0)

  async function carriedOut(step: HistoryStep): Promise<Exclude<HistoryStep, { do: 'drain' }>> {
    if (step.do !== 'drain') return step
    const { limits } = await store.decide({ action: 'peek', charges: [chargeOf(step.ask)], undo: [], migrate: history.migrate })
    return { do: 'consume', asks: [{ ...step.ask, cost: limits[0]!.remaining }], undo: [] }
  }

  async function answer(step: Exclude<HistoryStep, { do: 'drain' }>): Promise<Omit<Outcome, 'nowUs' | 'step'>> {
    switch (step.do) {
      case 'wait':
        nowUs = exactly(nowUs + step.us)
        return {}
      case 'waitFor':
        nowUs = exactly(nowUs + Math.max(0, (seen?.[step.field] ?? 0) * 1000 + step.plusUs))
        return {}
      case 'settle': {
        const hold = holdAt(step.hold)[0]
        return hold === undefined
          ? {}
          : {
              settled: await store.settle(
                hold,
                hold.entries.map((held, i) => step.actual[i] ?? held.units),
              ),
            }
      }
      case 'renew': {
        const hold = holdAt(step.hold)[0]
        return hold === undefined ? {} : { renewed: await store.renew(hold) }
      }
      case 'refund':
        await store.refund(step.asks.map(chargeOf))
        return {}
      case 'inspect': {
        const { limit, key, terms } = chargeOf(step.ask)
        return { status: await store.inspect(limit, key, terms) }
      }
      case 'reset':
        await store.reset(history.limits[step.ask.limit]!.facts, step.ask.key)
        return {}
      case 'resetAll':
        await store.resetAll(history.limits[step.ask.limit]!.facts)
        return {}
      case 'strike':
        return { ban: await store.strike(history.limits[step.ask.limit]!.facts, step.ask.key) }
      case 'blocked': {
        const blocked = await store.blocked(history.limits[step.ask.limit]!.facts, 5)
        return { blocked: [...blocked].sort((a, b) => b.blockedForMs - a.blockedForMs || (a.key < b.key ? -1 : 1)) }
      }
      case 'block':
        await store.block(history.limits[step.ask.limit]!.facts, step.ask.key, step.durationMs)
        return {}
      default: {
        const { migrate = history.migrate } = step
        const call = { action: step.do, charges: step.asks.map(chargeOf), undo: step.undo.flatMap(holdAt), migrate }
        const { hold, ...verdict } = await store.decide(call)
        if (hold !== null) holds.push(hold)
        seen = verdict.limits.findLast((status) => !status.allowed) ?? verdict.limits.at(-1)
        return { verdict, held: hold?.entries.map(({ units }) => units) ?? null }
      }
    }
  }

  for (const planned of history.steps) {
    await subject.setNowUs(nowUs)
    const step = await carriedOut(planned)
    outcomes.push({ nowUs, step, ...(await answer(step)) })
  }
  return outcomes
}

/** As a limiter does, the same rule under the same limit and version gets the same object. */
function rememberTerms({ limits, rules }: History): (ask: Ask) => Terms {
  const all = new Map<string, Terms>()
  return ({ limit, rule: at, version }) => {
    const name = `${limit} ${at} ${version}`
    const rule = rules[at]!
    const terms = all.get(name) ?? { rule, initial: Math.max(0, rule.capacity - limits[limit]!.startsBelow), version }
    all.set(name, terms)
    return terms
  }
}
