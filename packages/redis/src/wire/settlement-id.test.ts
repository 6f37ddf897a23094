import { expect, test } from 'vitest'
import { joinedId, partIds, settlementIds, settlementMark } from './settlement-id.ts'

test('numbers of one place fill pages of 1,024 bits, each bit once', () => {
  const ids = settlementIds()
  const marks = Array.from({ length: 3000 }, () => settlementMark(ids.next('')))
  expect(marks.map(({ bit }) => bit)).toEqual(Array.from({ length: 3000 }, (_, n) => n % 1024))
  expect(new Set(marks.map(({ page }) => page)).size).toBe(3)
  expect(new Set(marks.map(({ page, bit }) => `${page} ${bit}`)).size).toBe(3000)
})

test('each place counts by itself, so that its pages fill up', () => {
  const ids = settlementIds()
  const marks = ['a', 'b', 'a', 'b'].map((place) => settlementMark(ids.next(place)))
  expect(marks.map(({ place, bit }) => [place, bit])).toEqual([
    ['a', 0],
    ['b', 0],
    ['a', 1],
    ['b', 1],
  ])
})

test('two stores give no id twice, and neither do two places of one', () => {
  const [one, other] = [settlementIds(), settlementIds()]
  const ids = Array.from({ length: 100 }, () => [one.next(''), one.next('a'), other.next(''), other.next('a')]).flat()
  expect(new Set(ids).size).toBe(400)
})

test('the id of a reservation in several places is those of its parts', () => {
  const ids = settlementIds()
  const parts = [ids.next('a'), ids.next('b')]
  expect(partIds(joinedId(parts))).toEqual(parts)
  expect(partIds(parts[0]!)).toEqual([parts[0]])
})
