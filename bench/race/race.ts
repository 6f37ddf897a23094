/** One race: the calls of a trace go to a provider, each when its contender lets it. */
import { seeded } from '../decide/keys.ts'
import type { CountingProvider } from './provider.ts'
import type { Attempt } from './sdk.ts'
import type { TracedCall } from './trace.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What a contender is told of a call. */
export interface RacedCall {
  /** Number of the call in the trace. */
  readonly id: number
  /** Tokens that are counted when the call arrives: what it will use, or the most that it may use. */
  readonly estimate: number
  /** Tokens that it uses, which the response says. */
  readonly actual: number
}

/** Sends one attempt, now. It ends with the response. */
export type Send = () => Promise<Attempt>

/** What paces the calls. */
export interface Contender {
  /** Sends the call when it may be sent, and tries again like an SDK. @returns whether it was served. @throws if it was given up before */
  run(call: RacedCall, send: Send): Promise<boolean>
  /** Questions to Redis so far. */
  readonly questions?: number
  close?(): Promise<void>
}

export interface RaceOptions {
  readonly trace: readonly TracedCall[]
  readonly provider: CountingProvider
  readonly time: VirtualTime
  readonly contender: Contender
  /** Tokens of output that are counted until the response has ended. Without it the output is known when the call is sent. */
  readonly unknownOutput?: number | undefined
  readonly seed: number
}

/** What became of the calls. */
export interface RaceOutcome {
  /** Refusals of the provider, each attempt counted. */
  readonly limited: number
  /** Calls that were never served. */
  readonly failed: number
  /**
   * When each call arrived that was served, and when the attempt was sent that was served, in milliseconds. The time between them is the
   * wait of the call.
   */
  readonly sentMs: readonly (readonly [arrivedMs: number, sentMs: number])[]
  /** When the provider refused. */
  readonly limitedAtMs: readonly number[]
  readonly overMs: number
  readonly questions: number
}

/**
 * The way to the provider takes up to so long, evenly drawn. With the way back from Redis it is within the transit of 250 ms that
 * the provider of sluice allows for by default.
 */
const longestWayMs = 248
const wayBackMs = 20
/** A response takes so long, and so much for each token of its output. */
const firstByteMs = 300
const tokenMs = 15

/** Lets every call of the trace end. */
export async function race({ trace, provider, time, contender, unknownOutput, seed }: RaceOptions): Promise<RaceOutcome> {
  const random = seeded(seed)
  const limitedAtMs: number[] = []
  const served = new Map<number, readonly [number, number]>()
  let over = 0

  function sender(id: number, call: TracedCall, { estimate, actual }: RacedCall): Send {
    return async () => {
      const sentMs = time.nowMs()
      await time.sleep(random() * longestWayMs)
      const retryAfter = provider.arrive(id, time.nowMs(), estimate)
      if (retryAfter > 0) limitedAtMs.push(time.nowMs())
      else {
        served.set(id, [call.atMs, sentMs])
        await time.sleep(firstByteMs + call.output * tokenMs)
        provider.finish(id, time.nowMs(), actual)
      }
      await time.sleep(wayBackMs)
      return { status: retryAfter > 0 ? 429 : 200, retryAfter }
    }
  }

  trace.forEach((call, id) => {
    const actual = call.input + call.output
    const raced = { id, actual, estimate: unknownOutput === undefined ? actual : call.input + unknownOutput }
    time.at(call.atMs, () => {
      contender.run(raced, sender(id, call, raced)).then(
        () => over++,
        () => over++,
      )
    })
  })
  await time.run(() => over === trace.length)
  await contender.close?.()
  return {
    limited: limitedAtMs.length,
    failed: trace.length - served.size,
    sentMs: [...served.values()],
    limitedAtMs,
    overMs: time.nowMs(),
    questions: contender.questions ?? 0,
  }
}
