import { tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { failuresOnly, type HttpLimit } from '../http-limit.ts'
import { coreLimit, type HttpSubject, operatorKey, refuseHooks, stepOf } from './core-limit.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const subject = { request: { user: 'ada' }, http: { address: '192.0.2.1' } } as HttpSubject<{ user: string }>

const keyOf = (limit: object): unknown => (limit as { by(of: object): unknown }).by(subject)

describe("the core's form of a limit", () => {
  test('is the same object each time, so that one limit on two routes is one budget', () => {
    const limit: HttpLimit = { name: 'ip', rule }
    expect(coreLimit(limit)).toBe(coreLimit(limit))
    expect(coreLimit(limit)).not.toBe(coreLimit({ ...limit }))
  })

  test('counts addresses by default, and asks functions with the request and its facts', () => {
    expect(keyOf(coreLimit({ name: 'ip', rule }))).toBe('192.0.2.1')
    const by = (request: { user: string }, http: { address: string }): string[] => [request.user, http.address]
    const limit = coreLimit<{ user: string }>({
      name: 'user',
      by,
      rule,
      when: ({ user }) => user === 'ada',
      cost: ({ user }) => user.length,
    })
    expect(keyOf(limit)).toEqual(['ada', '192.0.2.1'])
    expect((limit.when as (of: object) => boolean)(subject)).toBe(true)
    expect((limit.cost as (of: object) => number)(subject)).toBe(3)
  })

  test('has no name that is for HTTP alone', () => {
    const limit = coreLimit({ name: 'user', by: () => 'all', rule, settle: () => 1, status: 503, disclose: false })
    expect(Object.keys(limit)).not.toEqual(expect.arrayContaining(['settle', 'status']))
    expect(limit).toMatchObject({ name: 'user', disclose: false })
  })
})

describe('where a limit is decided', () => {
  const ip: HttpLimit = { name: 'ip', rule }
  const by = (): string => 'all'
  test.each<[object, string]>([
    [ip, 'onRequest first'],
    [{ ...ip, by }, 'preHandler last'],
    [{ ...ip, hook: 'preHandler' }, 'preHandler last'],
    [{ ...ip, hook: 'preHandler', order: 'first' }, 'preHandler first'],
    [{ ...ip, by, hook: 'onRequest' }, 'onRequest first'],
    [{ ...ip, by, hook: 'onRequest', order: 'last' }, 'onRequest last'],
    [{ ...ip, by, order: 'first' }, 'preHandler first'],
    [{ ...ip, by, settle: () => 1 }, 'preHandler last'],
    [{ ...ip, by, settle: failuresOnly }, 'preValidation first'],
    [{ ...ip, by, settle: failuresOnly, order: 'last' }, 'preValidation last'],
    [{ ...ip, settle: failuresOnly }, 'onRequest first'],
  ])('%o is decided in %s', (limit, step) => {
    expect(stepOf(limit as HttpLimit)).toBe(step)
  })

  test('is one of eight places, and none where the adapter has one', () => {
    for (const wrong of [{ hook: 'onSend' }, { order: 'middle' }]) {
      expect(() => stepOf({ ...ip, ...wrong } as HttpLimit)).toThrow(expect.objectContaining({ code: 'SLUICE_CHOICE' }))
    }
    expect(() => refuseHooks([{ ...ip, order: 'last' } as HttpLimit])).toThrow(expect.objectContaining({ code: 'SLUICE_HOOK' }))
    expect(() => refuseHooks([ip, { ...ip, hook: 'onRequest' } as HttpLimit])).toThrow(expect.objectContaining({ code: 'SLUICE_HOOK' }))
    expect(refuseHooks([ip])).toBe(undefined)
  })
})

describe("an operator's key", () => {
  test.each(['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1:443'])('of a limit by address is the client behind %s', (text) => {
    expect(operatorKey({ name: 'ip', rule }, text, 56)).toBe('192.0.2.1')
    expect(operatorKey({ name: 'ip', rule }, [text], 56)).toBe('192.0.2.1')
  })

  test('of a limit with `by` is what `by` returns', () => {
    expect(operatorKey({ name: 'user', by: () => 'all', rule }, ['ada', '192.0.2.1:443'], 56)).toEqual(['ada', '192.0.2.1:443'])
  })

  test('is an error where no request has it', () => {
    expect(() => operatorKey({ name: 'ip', rule }, 'ada', 56)).toThrow(expect.objectContaining({ code: 'SLUICE_ADDRESS_KEY' }))
  })
})
