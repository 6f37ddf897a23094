/** The live view: what limiters, stores, providers and a policy do now, and did in the last fifteen minutes. */
import { systemClock } from '@sluice/core/internal'
import { type BlockedKeys, blockedKeys } from './blocked-keys.ts'
import type { ProcessFigures } from './figures.ts'
import { type KeyNames, keyNames } from './key-names.ts'
import { quantileMs } from './latencies.ts'
import type { LiveState, PolicyState } from './live-state.ts'
import { policyChanges } from './policy-change.ts'
import { type LiveSeries, sampler } from './process-figures.ts'
import { otherProcesses } from './shared-figures.ts'
import { type CheckedView, checkView, type LivePolicy, type LiveViewOptions } from './sources.ts'
import { sumOfFigures } from './sum-figures.ts'

/** What operators look at. `operatorsPage` shows it. */
export interface LiveView {
  /** What is seen now. It is taken once a second; within a second the answer is the same object. */
  state(): LiveState
  /**
   * The last fifteen minutes of all decisions of this process, or of one limit. `undefined` for a limit that has decided nothing, and for those
   * beyond the first 200.
   */
  series(limit?: string): LiveSeries | undefined
  /**
   * Reads the figures of other processes, and who is blocked, which is else read only while a page is open. It waits a second at most, and
   * never rejects: `state().alone` says why the others could not be read.
   */
  refresh(): Promise<void>
  /** Looks no longer, and ends the streams of all pages. */
  close(): void
}

/** What the pages of a view need of it. */
export interface ViewParts {
  readonly sources: CheckedView
  readonly names: KeyNames
  readonly blocked: BlockedKeys
  /** The figures of all processes, as they were taken last. */
  figures(): ProcessFigures
  /** Calls back after each sample. While anything watches, blocked keys and other processes are asked for, too. @returns a function that stops it */
  watch(listener: () => void): () => void
  /** Asks for what is only asked for while a page is open, and waits for that at most a second. */
  refresh(): Promise<void>
  readonly isClosed: boolean
}

const everyMs = 1000
const mostListed = 50
const partsOfView = new WeakMap<LiveView, ViewParts>()

/** The parts of a view; `undefined` for any other value. */
export function viewParts(view: LiveView): ViewParts | undefined {
  return partsOfView.get(view)
}

/**
 * Looks at limiters, memory stores, providers and a policy, from now on and once a second. A decision that admits makes no event for it; one
 * that refuses makes one, for the list of the keys that are refused most. Memory is bounded: fifteen minutes of at most 200 limits, and 1,500 keys.
 * @throws SluiceError `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const view = createLiveView({ limiters: [app.sluice], providers: [openai] })
 * app.all('/operators', { config: { sluice: false } }, operatorsPage({ view, authorize }))
 * ```
 */
export function createLiveView(options: LiveViewOptions): LiveView {
  const sources = checkView(options)
  const clock = systemClock()
  const id = crypto.randomUUID()
  const own = sampler(sources, id, clock.nowMs)
  const others = sources.shared === undefined ? undefined : otherProcesses(sources.shared, id)
  const names = keyNames(sources.keys)
  const blocked = blockedKeys(sources.limiters)
  const watchers = new Set<() => void>()
  // A view of nothing of its own watches the other processes, and is none of them.
  const isSource = sources.limiters.length + sources.stores.length + sources.providers.length > 0
  let sum: ProcessFigures | undefined
  let state: LiveState | undefined
  let isClosed = false

  const figures = (): ProcessFigures => (sum ??= sumOfFigures([own.figures(clock.nowMs()), ...(others?.figures ?? [])]))
  const ask = (): Promise<unknown> => Promise.all([others?.refresh(), blocked.refresh(clock.nowMs())])

  function tick(): void {
    own.sample(clock.nowMs())
    sum = undefined
    state = undefined
    if (isSource) others?.publish(own.figures(clock.nowMs()))
    if (watchers.size === 0) return
    void ask()
    for (const watcher of watchers) watcher()
  }

  async function refresh(): Promise<void> {
    await atMostASecond(ask())
    sum = undefined
    state = undefined
  }

  const timer = setInterval(tick, everyMs)
  timer.unref?.()

  const view: LiveView = {
    state: () =>
      (state ??= stateOf(figures(), {
        names,
        blocked,
        sources,
        processes: (isSource ? 1 : 0) + (others?.figures.length ?? 0),
        alone: others?.trouble ?? null,
      })),
    series: own.series,
    refresh,
    close() {
      isClosed = true
      clearInterval(timer)
      own.close()
      for (const watcher of watchers) watcher()
    },
  }
  partsOfView.set(view, {
    sources,
    names,
    blocked,
    figures,
    watch(listener) {
      watchers.add(listener)
      return () => void watchers.delete(listener)
    },
    refresh,
    get isClosed() {
      return isClosed
    },
  })
  return view
}

/** What a state is made of beside the figures. */
interface Around extends Pick<LiveState, 'processes' | 'alone'> {
  readonly names: KeyNames
  readonly blocked: BlockedKeys
  readonly sources: CheckedView
}

function stateOf(sum: ProcessFigures, { names, blocked, sources, processes, alone }: Around): LiveState {
  const { total, keys } = sum.keys
  return {
    atMs: sum.atMs,
    processes,
    alone,
    decisions: sum.decisions,
    refused: sum.refused,
    limits: Object.entries(sum.limits).map(([name, rates]) => ({ name, ...rates })),
    refusals: total,
    keys: keys.slice(0, mostListed).map(({ id, count }) => ({ ...names.nameOf(id), count, share: count / total })),
    blocked: blocked.ids.slice(0, mostListed).map(({ id, blockedForMs }) => ({ ...names.nameOf(id), blockedForMs })),
    cached: sum.deciders[1]!,
    local: sum.deciders[2]!,
    storeCalls: sum.latency.reduce((calls, count) => calls + count, 0),
    p50Ms: quantileMs(sum.latency, 0.5),
    p99Ms: quantileMs(sum.latency, 0.99),
    usage: sum.usage,
    callsInRoundTrip: sum.roundTrips.scripts === 0 ? null : sum.roundTrips.calls / sum.roundTrips.scripts,
    outages: sum.outages,
    faults: sum.faults,
    providers: sum.providers,
    policy: sources.policy === undefined ? null : policyState(sources.policy),
  }
}

function policyState({ version, history, refused, refusal }: LivePolicy): PolicyState {
  const [now, before] = history
  const versionOf = (document: object): string => String((document as { readonly version?: unknown }).version)
  return {
    version,
    sinceMs: now?.sinceMs ?? null,
    earlier: history.slice(1).map(({ document, sinceMs }) => ({ version: versionOf(document), sinceMs })),
    changes: now === undefined || before === undefined ? [] : policyChanges(before.document, now.document),
    refused,
    refusal: refusal?.message ?? null,
  }
}

function atMostASecond(answer: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, everyMs)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
