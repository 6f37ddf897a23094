/** A mirror in Redis: one truth for all processes that use a provider, one round trip for each question. */

import { SluiceError } from '@sluice/core'
import { checkOptions, SLUICE_PREFIX, wholeNumber } from '@sluice/core/internal'
import type { Dimension } from '../mirror/dimension.ts'
import type { Ask, Mirror, Taken, Why } from '../mirror/mirror.ts'
import type { MirrorRules } from '../mirror/state.ts'
import type { MirrorStore } from '../provider/options.ts'
import type { ScriptRunner } from './script-runner.ts'
import { scripts } from './scripts.generated.ts'

export interface RedisMirrorOptions {
  /** Begins every key. @default 'sluice' */
  readonly prefix?: string | undefined
  /** A question without an answer is given up after so many milliseconds, from 10 to 60,000. @default 250 */
  readonly timeoutMs?: number | undefined
}

/**
 * Mirrors in Redis 7 or Valkey. All state of a provider is one key, so that it lies in one slot of a Cluster.
 * @example
 * const openai = createProvider({ name: 'openai', limits, store: redisMirrors(ioredisRunner(new Redis())) })
 */
export function redisMirrors(runner: ScriptRunner, options: RedisMirrorOptions = {}): MirrorStore {
  checkOptions(options, 'redisMirrors', ['prefix', 'timeoutMs'])
  const { prefix = 'sluice' } = options
  const timeoutMs = wholeNumber(options.timeoutMs ?? 250, 'timeoutMs', 10, 60_000)
  if (typeof prefix !== 'string' || !/^[!-z|~]{1,64}$/.test(prefix)) throw new SluiceError(SLUICE_PREFIX, { value: prefix })
  return {
    open(provider, rules) {
      // Processes with other limits keep another state: numbers of one would mean nothing to the other.
      const key = `${prefix}:egress:{${provider}}:${fingerprint(rules)}`
      const channel = `${key}:hints`
      const wakes = new Map<string, (inUs: number) => void>()
      const stop = runner.listen(channel, (message) => {
        const [process = '', inUs] = message.split(' ')
        wakes.get(process)?.(Number(inUs))
      })
      return {
        take: (ask) => runner.run(scripts.take, [key, `${key}:settled:${ask.process}`], [question(ask, rules), channel, '']).then(takenOf),
        onHint(process, wake) {
          wakes.set(process, wake)
          return () => void wakes.delete(process)
        },
        timeoutMs,
        close: stop,
      } satisfies Mirror
    },
  }
}

/** The rules and the question, as the script reads them. */
export function question(ask: Ask, { dimensions, lanes, graceUs, slots, leaseUs, settledUs, probe }: MirrorRules): string {
  const { known, blockUs, ...rest } = ask
  return JSON.stringify({
    dims: dimensions.map(scriptDimension),
    lanes,
    grace: graceUs,
    slots,
    lease: leaseUs,
    settled: settledUs,
    ...(probe === undefined ? {} : { probe: { after: probe.afterUs, patience: probe.patienceUs } }),
    ask: {
      ...rest,
      block: blockUs,
      ...(known === undefined ? {} : { known: { now: known.now, least: known.leastUs, most: known.mostUs, stepped: known.stepped } }),
    },
  })
}

function scriptDimension({ capacity, windowUs, transitUs, slotUs, strangerUnit, retainUs, spaced }: Dimension) {
  return { capacity, window: windowUs, transit: transitUs, slot: slotUs, stranger: strangerUnit, retain: retainUs, spaced }
}

type Reply = [
  now: number,
  booked: number[],
  moved: number[],
  waitUs: number,
  why: number,
  fresh: number,
  virtual: number[],
  untilUs: number,
  paceUs: number,
  freeSlots: number | null,
  lengths: number[],
  logs: Buffer,
  rooms: number[],
  others: number[][],
  probeEndUs: number,
]

/** Why a head was not booked, as the script numbers it. */
const whys: readonly Why[] = ['empty', 'full', 'turn', 'blocked', 'slots', 'unseen']

/** The answer of the script. */
export function takenOf(reply: unknown): Taken {
  const [now, booked, moved, waitUs, why, fresh, virtual, untilUs, paceUs, free, lengths, logs, rooms, others, probeEndUs] = reply as Reply
  return {
    now,
    booked: booked.map(Boolean),
    moved: moved.map(Boolean),
    waitUs,
    why: whys[why]!,
    virtual,
    fresh: fresh === 1,
    view: {
      logs: unpackLogs(logs, lengths),
      rooms,
      untilUs,
      paceUs,
      probeEndUs,
      freeSlots: free ?? Number.POSITIVE_INFINITY,
      others: others.map(([lane, rank, ...units]) => ({ lane: lane!, rank: rank!, calls: units.pop()!, units })),
    },
  }
}

/** Each log from the one text that has all of them. As numbers of a reply they would take a fifth of the time of the script. */
function unpackLogs(packed: Buffer, lengths: readonly number[]): number[][] {
  let at = 0
  return lengths.map((length) => Array.from({ length }, () => packed.readDoubleLE(at++ * 8)))
}

/** Number of the layout of the state, for processes of another version that share the server. */
const layout = 2

/** Differs when the rules or the layout do. */
function fingerprint({ dimensions, lanes, probe }: MirrorRules): string {
  const text = JSON.stringify([layout, lanes, probe, dimensions.map(scriptDimension)])
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36)
}
