import { expect, test } from 'vitest'
import { SLUICE_STORE, SLUICE_STORE_LATE } from '../errors.ts'
import { SluiceError } from '../sluice-error.ts'
import { outageCause } from './outage-cause.ts'

function refused(address: string, port: number): Error {
  const text = address.includes(':') ? `[${address}]` : address
  return Object.assign(new Error(`connect ECONNREFUSED ${text}:${port}`), { code: 'ECONNREFUSED', address, port })
}

test.each<[cause: unknown, code: string, reason: string]>([
  [refused('10.1.2.3', 6379), 'ECONNREFUSED', 'connect ECONNREFUSED [host]'],
  [refused('2001:db8::7', 6379), 'ECONNREFUSED', 'connect ECONNREFUSED [host]'],
  [new Error('connect ECONNREFUSED ::1:6379'), 'Error', 'connect ECONNREFUSED [host]'],
  [new Error('no route to 2001:db8:0:1::7 or fd00:1:2:3:4:5:6:7'), 'Error', 'no route to [host] or [host]'],
  [
    new AggregateError([refused('::1', 6379), refused('127.0.0.1', 6379)], ''),
    'ECONNREFUSED',
    'connect ECONNREFUSED [host]; connect ECONNREFUSED [host]',
  ],
  [
    Object.assign(new Error('getaddrinfo ENOTFOUND cache.internal'), { code: 'ENOTFOUND', hostname: 'cache.internal' }),
    'ENOTFOUND',
    'getaddrinfo ENOTFOUND [host]',
  ],
  [
    Object.assign(new Error('connect ENOENT /run/redis.sock'), { code: 'ENOENT', address: '/run/redis.sock' }),
    'ENOENT',
    'connect ENOENT [host]',
  ],
  [new Error('MOVED 3999 cache-7.internal:6381'), 'MOVED', 'MOVED 3999 [host]'],
  [new Error('LOADING Redis is loading the dataset in memory'), 'LOADING', 'LOADING Redis is loading the dataset in memory'],
  [new Error('redis://ada:hunter2@cache:6379 is away'), 'Error', 'redis://[redacted]@[host] is away'],
  [
    new SluiceError(SLUICE_STORE_LATE, { timeoutMs: 100 }),
    'SLUICE_STORE_LATE',
    'The store did not answer within its `timeout`. Look after the store, or raise `timeout`',
  ],
  [new SluiceError(SLUICE_STORE, {}, { cause: refused('10.1.2.3', 1) }), 'ECONNREFUSED', 'connect ECONNREFUSED [host]'],
  [Object.assign(new Error('odd'), { code: 'a b' }), 'Error', 'odd'],
  [new TypeError('x is no function'), 'TypeError', 'x is no function'],
  ['gone', 'Error', 'gone'],
  [undefined, 'Error', 'undefined'],
])('%s', (cause, code, reason) => {
  expect(outageCause(cause)).toEqual({ code, reason })
})

test('an error whose properties cannot be read has a code', () => {
  const broken = new Error('broken')
  const get = (): never => {
    throw new Error('no')
  }
  for (const name of ['code', 'cause', 'errors', 'address']) Object.defineProperty(broken, name, { get, enumerable: true })
  expect(outageCause(broken)).toEqual({ code: 'Error', reason: 'broken' })
})
