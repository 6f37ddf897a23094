import { concurrency, fixedWindow } from '@sluice/core'
import { expect, test } from 'vitest'
import { status } from '../../test/decisions.ts'
import { paceOf } from './disclosed-limits.ts'

test('reads refill and period of a bucket', () => {
  expect(paceOf(status('app', { capacity: 20, refill: 10, perMs: 1000 }))).toEqual({ refill: 10, periodMs: 1000, unit: 'requests' })
})

test('takes the whole capacity as refill of a rule from JSON without one', () => {
  const window = { ...status('day', { capacity: 500 }), rule: { kind: 'fixed-window', perMs: 86_400_000 } }
  expect(paceOf(window)).toEqual({ refill: 500, periodMs: 86_400_000, unit: 'requests' })
})

test('knows no period of calendar windows, whose length varies', () => {
  const window = { ...status('month'), rule: fixedWindow({ capacity: 10, per: 'month', timeZone: 'Asia/Seoul' }) }
  expect(paceOf(window)).toEqual({ refill: null, periodMs: null, unit: 'requests' })
})

test('counts slots as concurrent requests, which no time brings back', () => {
  const uploads = { ...status('uploads'), rule: concurrency({ capacity: 3 }) }
  expect(paceOf(uploads)).toEqual({ refill: null, periodMs: null, unit: 'concurrent-requests' })
})
