import { tokenBucket } from '@sluice/core'
import { expect, test, vi } from 'vitest'
import { fakeGuard, left, visit } from '../../test/fake-adapter.ts'
import { contextBehind } from './request-context.ts'

const units = { name: 'units', by: () => 'all', rule: tokenBucket({ capacity: 10, per: '1h' }) }
const guard = fakeGuard({ limits: [units] })

test('a function is called once a request, whatever it answers', async () => {
  const { context } = visit(guard)
  for (const answer of [0, '', null, Promise.resolve(1)]) {
    const ask = vi.fn(() => answer)
    const fn = {}
    expect([context.once(fn, ask), context.once(fn, ask)]).toEqual([answer, answer])
    expect(ask).toHaveBeenCalledTimes(1)
  }
  const again = vi.fn(() => 2)
  expect(visit(guard).context.once(again, again)).toBe(2)
})

test('two functions have two answers', () => {
  const { context } = visit(guard)
  expect([context.once({}, () => 1), context.once({}, () => 2)]).toEqual([1, 2])
})

test('what handlers find is one object, and leads back to its context', () => {
  const { context } = visit(guard)
  expect(context.sluice).toBe(context.sluice)
  expect(contextBehind(context.sluice)).toBe(context)
})

test.each([undefined, null, 1, {}, { http: {} }, Object.create(null)])('%s has no context behind it', (found) => {
  expect(contextBehind(found)).toBe(undefined)
})

test('its verbs work when they are taken out of the object', async () => {
  const { context, decide } = visit(fakeGuard({ limits: [units] }))
  expect(context.sluice.decision).toBe(null)
  expect(context.sluice.http.address).toBe('192.0.2.1')
  await decide()
  expect(context.sluice.decision).toMatchObject({ allowed: true })
  const { settle, refund } = context.sluice
  await settle(3)
  await refund()

  const own = fakeGuard({ limits: [units] })
  const second = visit(own)
  await second.decide()
  await second.context.sluice.refund()
  expect(await left(own, units, 'all')).toBe(10)
  const third = visit(own)
  await third.decide()
  await third.context.sluice.settle(4)
  expect(await left(own, units, 'all')).toBe(6)
})
