import { expect, test } from 'vitest'
import { fixedWindow } from '../rules/fixed-window-rule.ts'
import { guaranteedPart } from '../rules/guaranteed-rule.ts'
import { poolTerms } from './pool-terms.ts'

test('records of one period have one object of terms, whatever is guaranteed', () => {
  const [three, five] = [3, 5].map((numerator) => guaranteedPart(fixedWindow({ capacity: 10, per: '1s' }), { numerator, denominator: 10 })!)
  expect(poolTerms(three!)).toBe(poolTerms(five!))
  expect(poolTerms(three!)).toEqual({
    rule: { kind: 'guarantee-pool', capacity: 0, scale: 1, periodUs: 1_000_000 },
    initial: 0,
    version: 0,
  })
})
