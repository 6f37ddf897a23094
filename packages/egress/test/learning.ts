/** Processes that share a key with strangers, in virtual time: all that they know of the strangers and of the limit is in response headers. */
import { randomFrom } from '../../../test/seed.ts'
import { dimension } from '../src/mirror/dimension.ts'
import { probeRules } from '../src/mirror/probe.ts'
import { emptyState, type MirrorRules } from '../src/mirror/state.ts'
import { type Hint, take } from '../src/mirror/take.ts'
import type { Ways } from '../src/mirror/ways.ts'
import { type LearningProcess, learningProcess } from './learning-process.ts'
import { fixedProvider, slidingProvider } from './provider-models.ts'
import { virtualTime } from './virtual-time.ts'

export const minuteUs = 60_000_000
/** Half of it is for the way to the provider, and as much for the way back. */
const transitUs = 250_000
const rttUs = 1000
const latencyUs = 200_000
const processes = 3

/** Arrivals of calls. `atUs` bounds when there are any. */
export interface Arrivals {
  readonly perMinute: number
  readonly kind: 'smooth' | 'poisson'
  readonly fromUs?: number
}

export interface LearningScene {
  /** What the provider allows a minute, at each moment. */
  readonly limit: number | ((atUs: number) => number)
  /** What is configured. */
  readonly configured: number
  readonly ours: Arrivals
  readonly strangers?: Arrivals
  readonly minutes: number
  readonly pace?: 'soonest' | 'steady'
  /** When the first fixed window begins. @default a sliding window */
  readonly fixedFromUs?: number
  /** @default true */
  readonly probes?: boolean
  readonly ways: Ways
  readonly seed?: number
}

export interface LearningOutcome {
  /** When our calls were refused. */
  readonly limitedAtUs: readonly number[]
  /** When our calls were served, and those of strangers. */
  readonly servedAtUs: readonly number[]
  readonly strangersAtUs: readonly number[]
}

export function runScene(scene: LearningScene): LearningOutcome {
  const { limit, configured, ours, strangers, minutes, pace = 'soonest', fixedFromUs, probes = true, ways, seed = 1 } = scene
  const time = virtualTime(20_000_000)
  const random = randomFrom(seed)
  const endUs = minutes * minuteUs
  const limits = [
    {
      windowUs: minuteUs,
      get capacity() {
        return typeof limit === 'number' ? limit : limit(time.nowUs())
      },
    },
  ]
  const provider = fixedFromUs === undefined ? slidingProvider(limits) : fixedProvider(limits, fixedFromUs)
  const endOf = (atUs: number): number => minuteUs - ((((atUs - fixedFromUs!) % minuteUs) + minuteUs) % minuteUs)
  const rules: MirrorRules = {
    dimensions: [dimension({ capacity: configured, windowUs: minuteUs, transitUs })],
    lanes: 1,
    graceUs: 250_000,
    slots: 0,
    leaseUs: 0,
    settledUs: 0,
    probe: probes ? probeRules([minuteUs]) : undefined,
  }
  const state = emptyState(rules)
  const startUs = 10 ** 12
  const outcome = { limitedAtUs: [] as number[], servedAtUs: [] as number[], strangersAtUs: [] as number[] }
  let calls = 0
  const arrive = (): boolean => provider.arrive(++calls, time.nowUs(), [1])

  const all: LearningProcess[] = Array.from({ length: processes }, (_, name) =>
    learningProcess({
      name: String(name),
      time,
      rttUs,
      pace,
      serve(ask) {
        const hints: Hint[] = []
        const taken = take(state, startUs + time.nowUs(), ask, rules, hints, ways)
        for (const { process, inUs } of hints) all[Number(process)]!.hint(inUs)
        return taken
      },
      send(respond) {
        time.at(time.nowUs() + (random() * transitUs) / 2, () => {
          // What still waits at the end is not counted.
          if (time.nowUs() >= endUs) return
          const served = arrive()
          if (served) outcome.servedAtUs.push(time.nowUs())
          else outcome.limitedAtUs.push(time.nowUs())
          const quota = { limit: limits[0]!.capacity, remaining: provider.remaining!(0, time.nowUs()) }
          const leftUs = fixedFromUs === undefined ? undefined : endOf(time.nowUs())
          time.at(time.nowUs() + (random() * transitUs) / 2 + (served ? latencyUs : 0), () =>
            respond({ served, ...quota, endsUs: leftUs === undefined ? undefined : startUs + time.nowUs() + leftUs }),
          )
        })
      },
    }),
  )
  eachArrival(ours, endUs, () => all[Math.floor(random() * processes)]!.arrive())
  if (strangers !== undefined) eachArrival(strangers, endUs, () => arrive() && outcome.strangersAtUs.push(time.nowUs()))
  time.run()
  return outcome

  function eachArrival({ perMinute, kind, fromUs = 0 }: Arrivals, untilUs: number, run: () => void): void {
    const gapUs = minuteUs / perMinute
    const next = (atUs: number): void => {
      const thenUs = atUs + (kind === 'smooth' ? gapUs : -Math.log(1 - random()) * gapUs)
      if (thenUs >= untilUs) return
      time.at(thenUs, () => {
        run()
        next(thenUs)
      })
    }
    next(fromUs)
  }
}
