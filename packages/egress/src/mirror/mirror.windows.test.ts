import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixedProvider, type Provider, pacedProvider, slidingProvider } from '../../test/provider-models.ts'
import { scenarios } from '../../test/scenarios.ts'
import { type Scenario, simulate, type Wrong } from '../../test/simulation.ts'

/** What must be true of every run; throws where it is not. */
function check(scenario: Scenario, provider: Provider, wrong: Wrong = 'none'): void {
  const { refused, stuck, held, owed } = simulate(scenario, provider, wrong)
  // What a process had taken when it died before it heard of it stays booked.
  const dead = scenario.deaths.length > 0
  const conserved = held.every((units, i) => (dead ? units >= owed[i]! : units === owed[i]))
  if (refused > 0 || stuck > 0 || !conserved) throw new Error(JSON.stringify({ refused, stuck, held, owed }))
}

const sliding = (wrong: Wrong) => fc.property(scenarios(), (scenario) => check(scenario, slidingProvider(scenario.limits), wrong))

test('no sliding window of the provider ever holds more than its capacity, nothing is stuck, and units are conserved', () => {
  fc.assert(sliding('none'), { numRuns: 600 })
})

test('no fixed window at any phase ever holds more than its capacity', () => {
  const phase = fc.integer({ min: 0, max: 4_000_000 })
  fc.assert(
    fc.property(scenarios(), phase, (scenario, phaseUs) => check(scenario, fixedProvider(scenario.limits, phaseUs))),
    { numRuns: 300 },
  )
})

test('a steady pace keeps to the windows too', () => {
  fc.assert(
    fc.property(scenarios({ pace: 'steady' }), (scenario) => check(scenario, slidingProvider(scenario.limits))),
    { numRuns: 200 },
  )
})

test('a provider that counts by the second refuses no call that is paced', () => {
  fc.assert(
    fc.property(scenarios({ pace: 'paced' }), (scenario) => check(scenario, pacedProvider(scenario.limits))),
    { numRuns: 300 },
  )
})

const wrongs: readonly Wrong[] = [
  'no transit',
  'no move',
  'expiry by the first booking',
  'resent take',
  'debits per dimension',
  'rate before concurrency',
  'settled before dispatch',
  'no look at the clock',
]

test.each(wrongs)('the same property notices: %s', (wrong) => {
  expect(fc.check(sliding(wrong), { numRuns: 3000, endOnFailure: true }).failed).toBe(true)
})
