import { expect, test } from 'vitest'
import { fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { usedPart } from './used-part.ts'

fakeTime()

test('units are taken for what they are until a call has ended, and then for the part that calls use', () => {
  const part = usedPart(2)
  expect([part.of(100, 0), part.of(100, 1)]).toEqual([100, 100])
  part.end([1, 1000], [1, 500])
  expect([part.of(100, 0), part.of(100, 1)]).toEqual([100, 50])
  for (let i = 0; i < 100; i++) part.end([1, 1000], [1, 2000])
  expect(part.of(100, 1)).toBeGreaterThan(190)
})

test('a call that was not served changes nothing', () => {
  const part = usedPart(1)
  part.end([1000], [500])
  for (let i = 0; i < 100; i++) part.end([1000], [0])
  expect(part.of(100, 0)).toBe(50)
})

test('the predicted wait behind calls that use half of their estimates is the wait, within a tenth', async () => {
  const provider = providerOf({ limits: { tokens: { capacity: 1000, per: '1m', cost: 100 } }, queue: { wait: '10m' } })
  const { call, ends } = outcomes(provider)
  const served = (): void => void call().then((permit) => setTimeout(() => permit!.settle({ tokens: 50 }), 500))
  for (let i = 0; i < 10; i++) served()
  await pass(1000)
  for (let i = 0; i < 90; i++) served()
  const predictedMs = provider.snapshot().waitMs!
  await pass(600_000)
  expect(ends).toHaveLength(100)
  expect(predictedMs / (ends[99] as number)).toBeGreaterThan(0.9)
  expect(predictedMs / (ends[99] as number)).toBeLessThan(1.1)
})
