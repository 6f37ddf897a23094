import { concurrency, type LimitStatus } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { status, visible } from '../../test/decisions.ts'
import { createGatewaySerializer } from './gateway-fields.ts'

const write = (...limits: LimitStatus[]) => Object.fromEntries(createGatewaySerializer('X-GW')(visible(...limits)))

const api = status('api', { disclose: false, capacity: 1000, perMs: 1000 })
const app = status('app', { capacity: 20, refill: 10, perMs: 1000, remaining: 13 })
const seller = status('seller', { parent: 'app', capacity: 10, refill: 5, perMs: 1000, remaining: 3 })

const rateOfApp = { 'X-GW-RateLimit-Replenish-Rate': '10', 'X-GW-RateLimit-Burst-Capacity': '20', 'X-GW-RateLimit-Remaining': '13' }
const quotaOfSeller = { 'X-GW-Quota-Period': 'SECONDS', 'X-GW-Quota-Limit': '10', 'X-GW-Quota-Remaining': '3' }

describe('an open platform', () => {
  test('tells the rate of the application, the quota of the seller, and nothing of the API', () => {
    expect(write(api, app, seller)).toEqual({ ...rateOfApp, ...quotaOfSeller })
  })

  test('tells no quota where the call has no seller', () => {
    expect(write(api, app)).toEqual(rateOfApp)
  })

  test('tells the rate that the seller has a share of, whatever other rates stand around it', () => {
    const ip = status('ip', { capacity: 99 })
    expect(write(ip, app, seller, status('route', { capacity: 77 }))).toEqual({ ...rateOfApp, ...quotaOfSeller })
  })

  test('tells the innermost of several shares, and the rate at the root of them', () => {
    const shop = status('shop', { parent: 'seller', capacity: 2, refill: 1, perMs: 1000, remaining: 1 })
    expect(write(app, seller, shop)).toEqual({
      ...rateOfApp,
      'X-GW-Quota-Period': 'SECONDS',
      'X-GW-Quota-Limit': '2',
      'X-GW-Quota-Remaining': '1',
    })
  })

  test('tells the innermost rate it may where the root of the share is undisclosed', () => {
    const hidden = { ...app, disclose: false }
    expect(write(hidden, seller)).toEqual(quotaOfSeller)
    expect(write(status('ip', { capacity: 99, perMs: 1000 }), hidden, seller)).toMatchObject({
      'X-GW-RateLimit-Burst-Capacity': '99',
      ...quotaOfSeller,
    })
  })
})

describe('without shares', () => {
  test('the innermost rate is told', () => {
    expect(write(status('ip', { capacity: 99 }), app)).toEqual(rateOfApp)
  })

  test('slots are no rate', () => {
    const uploads = { ...status('uploads', { capacity: 3 }), rule: concurrency({ capacity: 3 }) }
    expect(write(app, uploads)).toEqual(rateOfApp)
    expect(write(uploads)).toEqual({})
  })

  test('nothing is told of nothing', () => {
    expect(write()).toEqual({})
  })
})

describe('the replenish rate', () => {
  test.each([
    [10, 1000, '10'],
    [100, 60_000, '1.666666'],
    [28.999999999999996, 1000, '29'],
    [2.5, 1000, '2.5'],
    [1, 86_400_000, '0.000011'],
    [1, 2_592_000_000, '0'],
    [1_000_000, 1, '1000000000'],
  ])('of %d per %d ms is %s a second', (refill, perMs, rate) => {
    expect(write(status('app', { refill, perMs }))['X-GW-RateLimit-Replenish-Rate']).toBe(rate)
  })

  test('is a plain decimal that is never above the truth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1000, max: 31_622_400_000 }), (refill, perMs) => {
        const rate = write(status('app', { refill, perMs }))['X-GW-RateLimit-Replenish-Rate']!
        expect(rate).toMatch(/^\d+(\.\d{1,6})?$/)
        expect(Number(rate)).toBeLessThanOrEqual((refill * 1000) / perMs + 1e-6)
      }),
    )
  })

  test('is left out of calendar windows, whose length varies', () => {
    const month = { ...status('month'), rule: { kind: 'calendar-window' } }
    expect(write(month as LimitStatus)).toEqual({ 'X-GW-RateLimit-Burst-Capacity': '10', 'X-GW-RateLimit-Remaining': '4' })
  })
})

test.each([
  [1000, 'SECONDS'],
  [60_000, 'MINUTES'],
  [3_600_000, 'HOURS'],
  [86_400_000, 'DAYS'],
  [10_000, '10 SECONDS'],
  [1500, '1.5 SECONDS'],
])('a quota per %d ms has the period %s', (perMs, period) => {
  expect(write(app, status('seller', { parent: 'app', perMs }))['X-GW-Quota-Period']).toBe(period)
})
