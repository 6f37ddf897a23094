import { expect, test } from 'vitest'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { guaranteedPart } from './guaranteed-kind.ts'
import { reservedTerms } from './reserved-shares.ts'

test('records of one period have one object of terms, whatever is guaranteed', () => {
  const [three, five] = [3, 5].map((numerator) => guaranteedPart(fixedWindow({ capacity: 10, per: '1s' }), { numerator, denominator: 10 })!)
  expect(reservedTerms(three!)).toBe(reservedTerms(five!))
  expect(reservedTerms(three!)).toEqual({
    rule: { kind: 'reserved-shares', capacity: 0, scale: 1, periodUs: 1_000_000 },
    initial: 0,
    version: 0,
  })
})
