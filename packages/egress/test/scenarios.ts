/** Random scenarios for the mirror: limits, calls, slow and dying processes, and clocks that step. */
import fc from 'fast-check'
import type { Scenario, SimulatedCall } from './simulation.ts'

const ms = 1000

export interface ScenarioOptions {
  readonly pace?: Scenario['pace']
  /** Whether processes die. */
  readonly deaths?: boolean
}

export function scenarios({ pace = 'soonest', deaths = true }: ScenarioOptions = {}): fc.Arbitrary<Scenario> {
  return fc
    .record({
      windows: fc.array(fc.integer({ min: 500, max: 4000 }), { minLength: 1, maxLength: 2 }),
      capacity: fc.integer({ min: 1, max: 12 }),
      tokens: fc.integer({ min: 20, max: 200 }),
      transitMs: fc.integer({ min: 20, max: 300 }),
      rtts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
    })
    .chain(({ windows, capacity, tokens, transitMs, rtts }) => {
      // A transit that is shorter than the way to the mirror and back lets nothing be sent in time.
      const rttUs = rtts.map((share) => 2 * Math.floor(share * Math.min(25, transitMs * 0.2)) * ms)
      const limits = windows.map((windowMs, i) => ({ capacity: i === 0 ? capacity : tokens, windowUs: windowMs * ms }))
      const process = fc.integer({ min: 0, max: rttUs.length - 1 })
      const call: fc.Arbitrary<SimulatedCall> = fc
        .record({
          atMs: fc.integer({ min: 0, max: 6000 }),
          process,
          units: fc.integer({ min: 0, max: tokens }),
          used: fc.double({ min: 0, max: 1, noNaN: true }),
          durationMs: fc.integer({ min: 0, max: 1500 }),
          transit: fc.double({ min: 0, max: 1, noNaN: true }),
          cancelMs: fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined, freq: 8 }),
        })
        .map(({ atMs, units, used, durationMs, transit, cancelMs, ...rest }) => ({
          ...rest,
          atUs: atMs * ms,
          costs: limits.map((_, i) => (i === 0 ? 1 : units)),
          actual: limits.map((_, i) => (i === 0 ? 1 : Math.floor(units * used))),
          durationUs: durationMs * ms,
          transit,
          cancelAfterUs: cancelMs === undefined ? undefined : cancelMs * ms,
        }))
      return fc
        .record({
          limits: fc.constant(limits),
          transitUs: fc.constant(transitMs * ms),
          calls: fc.array(call, { minLength: 1, maxLength: 50, size: 'max' }),
          rttUs: fc.constant(rttUs),
          slots: fc.integer({ min: 1, max: 20 }),
          stalls: fc.array(
            fc.record({
              call: fc.nat({ max: 49 }),
              share: fc.double({ min: 0, max: 1, noNaN: true }),
              forUs: fc.integer({ min: 1, max: 5000 }).map((each) => each * ms),
            }),
            { maxLength: 6 },
          ),
          deaths: deaths
            ? fc.array(fc.record({ process, atUs: fc.integer({ min: 0, max: 6000 }).map((each) => each * ms) }), { maxLength: 1 })
            : fc.constant([]),
          // One step. A clock that steps back and then forward again has gained nothing, as a process sees it that has not asked between.
          steps: fc.array(
            fc.record({
              atUs: fc.integer({ min: 100, max: 6000 }).map((each) => each * ms),
              byUs: fc.oneof(fc.integer({ min: -500, max: 500 }), fc.integer({ min: -5000, max: 5000 })).map((each) => each * ms),
            }),
            { maxLength: 1 },
          ),
          pace: fc.constant(pace),
        })
        .map((scenario) => ({ ...scenario, stalls: scenario.stalls.map((stall) => stallOf(stall, scenario)) }))
    })
}

/** A process that stalls while its question for a call is on its way. */
function stallOf(
  { call, share, forUs }: { call: number; share: number; forUs: number },
  { calls, rttUs }: Pick<Scenario, 'calls' | 'rttUs'>,
): Scenario['stalls'][number] {
  const { process, atUs } = calls[call % calls.length]!
  return { process, atUs: atUs + Math.floor(share * rttUs[process]!), forUs }
}
