/** The stream of the operators' page: one update a second, written once for all viewers. */
import type { LiveView, ViewParts } from '../live/live-view.ts'
import { changedParts, type Parts } from './parts.ts'

/** Where the updates of one viewer go. */
export interface Viewer {
  /** Whether earlier updates have not left yet. */
  readonly isBehind: boolean
  /** Whether the client has hung up, or its server closes. */
  readonly isGone: boolean
  send(bytes: Uint8Array): void
  end(): void
}

/** The viewers of one page. */
export interface Stream {
  /**
   * Sends everything now, and from then on what changes.
   * @param isAllowed - asked again every ten seconds; it never rejects
   * @returns a function that ends it
   */
  join(viewer: Viewer, isAllowed: () => Promise<boolean>): () => void
  /** Whether no more viewers can be taken. */
  readonly isFull: boolean
}

/** Seconds after which the right of a viewer is asked again, and those after which one that takes nothing is dropped. */
const checkEvery = 10
const mostMissed = 10
const mostViewers = 1000

interface Watching {
  readonly viewer: Viewer
  readonly isAllowed: () => Promise<boolean>
  /** Updates since it joined, and those since the last that it could take. */
  ticks: number
  missed: number
}

const encoder = new TextEncoder()

/** @param partsNow - writes the parts of the page */
export function createStream(view: LiveView, parts: ViewParts, partsNow: () => Parts): Stream {
  const all = new Set<Watching>()
  let stop: (() => void) | undefined
  let before: Parts | undefined

  function tick(): void {
    const now = partsNow()
    const changed = updateOf(parts, changedParts(before, now))
    before = now
    let whole: Uint8Array | undefined
    for (const one of all) {
      const { viewer } = one
      one.ticks += 1
      if (viewer.isGone || parts.isClosed || one.missed >= mostMissed) leave(one)
      // A viewer that is behind gets nothing, and everything once it has caught up: nothing waits for it here.
      else if (viewer.isBehind) one.missed += 1
      else {
        if (one.missed > 0) whole ??= wholeOf(view, now)
        viewer.send(one.missed > 0 ? whole! : changed)
        one.missed = 0
      }
      if (one.ticks % checkEvery === 0) void check(one)
    }
  }

  async function check(one: Watching): Promise<void> {
    if ((await one.isAllowed()) || !all.has(one)) return
    if (!one.viewer.isGone) one.viewer.send(encoder.encode('event: ended\ndata: {}\n\n'))
    leave(one)
  }

  function leave(one: Watching): void {
    if (!all.delete(one)) return
    one.viewer.end()
    if (all.size > 0) return
    stop?.()
    stop = undefined
    before = undefined
  }

  return {
    join(viewer, isAllowed) {
      const one: Watching = { viewer, isAllowed, ticks: 0, missed: 0 }
      all.add(one)
      stop ??= parts.watch(tick)
      viewer.send(wholeOf(view, partsNow()))
      return () => leave(one)
    },
    get isFull() {
      return all.size >= mostViewers
    },
  }
}

/** One second, with the parts that have changed. */
function updateOf({ figures }: ViewParts, changed: Partial<Parts>): Uint8Array {
  const { atMs, latest, latestOfLimits } = figures()
  // Limits that did nothing are left out.
  const limits = Object.fromEntries(Object.entries(latestOfLimits).filter(([, [admitted, refused]]) => admitted + refused > 0))
  return eventOf('update', {
    second: Math.floor(atMs / 1000),
    admitted: latest.decisions - latest.refused,
    refused: latest.refused,
    limits,
    parts: changed,
  })
}

/** Everything, for a viewer that has nothing yet. */
function wholeOf(view: LiveView, now: Parts): Uint8Array {
  return eventOf('whole', { series: view.series(), parts: now })
}

function eventOf(name: string, data: object): Uint8Array {
  return encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}
