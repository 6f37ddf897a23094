/** Remembered refusals of several processes, whose requests and replies take their time: none is wrong, and wrong variants are found. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Findings, type ModelStep, runModel, type Variant } from '../../test/refusals-model.ts'

const process = fc.integer({ min: 0, max: 1 })
const cost = fc.integer({ min: 1, max: 6 })
const steps: fc.Arbitrary<ModelStep[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), process, cost }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refund' as const), process, cost }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('decide' as const), process }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('reply' as const), process }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), us: fc.integer({ min: 0, max: 120_000 }) }) },
  ),
  { minLength: 20, maxLength: 80, size: 'max' },
)

function findings(variant: Variant, numRuns: number): Findings {
  const wrong: string[] = []
  let refusals = 0
  fc.assert(
    fc.property(steps, (list) => {
      const found = runModel(2, list, variant)
      wrong.push(...found.wrong)
      refusals += found.refusals
    }),
    { numRuns },
  )
  return { wrong, refusals }
}

test('no remembered refusal is wrong, except for what another process gave back in the last 250 ms', () => {
  const { wrong, refusals } = findings((own) => own, 10_000)
  expect(wrong).toEqual([])
  expect(refusals).toBeGreaterThan(300)
})

const dearest = 6
/** What went wrong where somebody tried it. */
const variants: Readonly<Record<string, Variant>> = {
  'time that counts from the reply': (own) => ({
    ...own,
    learn: (charges, rows, now, { receivedUs }) => own.learn(charges, rows, now, { sentUs: receivedUs, receivedUs }),
  }),
  'a refusal of a large cost that refuses a small one': (own) => ({
    ...own,
    answer: (call) => own.answer({ ...call, charges: call.charges.map((charge) => ({ ...charge, cost: dearest })) }),
  }),
  'a gift that leaves the memory as it is': (own) => ({ ...own, forget: () => {} }),
  'a reply to what was sent before a gift': (own) => {
    let giftUs = Number.NEGATIVE_INFINITY
    return {
      ...own,
      forget(keys) {
        giftUs = own.nowUs()
        own.forget(keys)
      },
      learn: (charges, rows, now, { sentUs, receivedUs }) =>
        own.learn(charges, rows, now, { sentUs: Math.max(sentUs, giftUs + 1), receivedUs }),
    }
  },
}

test.each(Object.entries(variants))('the model finds what is wrong with %s', (_, variant) => {
  expect(findings(variant, 10_000).wrong.length).toBeGreaterThan(0)
})

test('a wait that counts from the request would be too short for a client that obeys it', () => {
  const variant: Variant = (own) => ({
    ...own,
    learn: (charges, rows, now, { sentUs }) => own.learn(charges, rows, now, { sentUs, receivedUs: sentUs }),
  })
  expect(findings(variant, 10_000).wrong.some((text) => text.includes(' says '))).toBe(true)
})
