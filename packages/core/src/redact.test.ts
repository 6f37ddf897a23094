import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { SLUICE_STORE } from './errors.ts'
import { redactedCause, redactedFacts } from './redact.ts'
import { SluiceError } from './sluice-error.ts'

const secret = 'hunter2'

/** An error of ioredis, which keeps the command that failed. */
function replyError(message: string, name: string, args: readonly string[]): Error {
  return Object.assign(new Error(message), { command: { name, args } })
}

const causes: [string, unknown][] = [
  ['a URL with a password', new Error(`cannot reach redis://ada:${secret}@cache.internal:6379/0`)],
  ['a URL with a password that has an @', new Error(`cannot reach rediss://:p@ss${secret}@cache.internal`)],
  ['a password in a query', new Error(`GET https://example.test/?user=1&password=${secret}&x=1`)],
  ['the arguments of AUTH', replyError('WRONGPASS invalid username-password pair', 'auth', ['ada', secret])],
  ['the arguments of any command, which are keys', replyError('OOM', 'evalsha', [`sluice:{${secret}}`])],
  ['the user of an access list', new Error(`NOPERM User ${secret} has no permissions to run the 'evalsha' command`)],
  ['options of a client', Object.assign(new Error('lost'), { options: { host: 'cache', password: secret, username: secret } })],
  ['a cause of a cause', new Error('outer', { cause: new Error('inner', { cause: replyError('WRONGPASS', 'hello', ['3', secret]) }) })],
  ['one of several errors', new AggregateError([replyError('WRONGPASS', 'auth', [secret]), new Error('other')], 'all failed')],
  ['a text that was thrown', `redis://ada:${secret}@cache.internal`],
]

test.each(causes)('%s is not shown by an error, in no form', (_, cause) => {
  const error = new SluiceError(SLUICE_STORE, {}, { cause })
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(secret)
  expect(inspect(error.cause, { depth: Infinity })).toMatch(/redacted/)
})

test('a cause without secrets is the same one', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:6379'), { code: 'ECONNREFUSED', port: 6379 })
  expect(new SluiceError(SLUICE_STORE, {}, { cause }).cause).toBe(cause)
})

test('a cause with a secret keeps its class, its code and its place in the source', () => {
  const cause = Object.assign(new TypeError(`redis://:${secret}@cache:6379 is broken`), { code: 'EBROKEN' })
  const safe = redactedCause(cause) as TypeError & { code: string }
  expect(safe).toBeInstanceOf(TypeError)
  expect(safe).toMatchObject({ name: 'TypeError', code: 'EBROKEN', message: 'redis://[redacted]@cache:6379 is broken' })
  expect(safe.stack).toContain('redact.test.ts')
  expect(safe.stack).not.toContain(secret)
})

test('a cause is looked at once, however often it is told', () => {
  const cause = replyError('WRONGPASS', 'auth', [secret])
  expect(redactedCause(cause)).toBe(redactedCause(cause))
})

test('facts show everything but secrets', () => {
  const user = { id: 7, email: 'ada@example.test', passwordHash: secret, apiKey: secret, session: { token: secret } }
  expect(redactedFacts({ name: 'user', value: user, tokens: 5 })).toEqual({
    name: 'user',
    value: { id: 7, email: 'ada@example.test', passwordHash: '[redacted]', apiKey: '[redacted]', session: { token: '[redacted]' } },
    tokens: 5,
  })
})

test('facts without secrets are the same object, and an object may hold itself', () => {
  const facts = { name: 'user', choices: ['a'], value: 0.5 }
  expect(redactedFacts(facts)).toBe(facts)
  const circular: { self?: unknown; password: string } = { password: secret }
  circular.self = circular
  expect(redactedFacts(circular)).toEqual({ self: '[circular]', password: '[redacted]' })
})

test('a large or deep object is shown in part', () => {
  let deep: object = { password: secret }
  for (let i = 0; i < 10; i++) deep = { deep }
  expect(JSON.stringify(redactedFacts(deep))).toBe('{"deep":{"deep":{"deep":{"deep":{"deep":"[object]"}}}}}')
  const wide = Array.from({ length: 1000 }, () => ({ password: secret }))
  expect(JSON.stringify(redactedFacts({ wide }))).not.toContain(secret)
})

test('a getter that throws is not shown', () => {
  const facts = Object.defineProperty({}, 'value', {
    enumerable: true,
    get: () => {
      throw new Error('boom')
    },
  })
  expect(redactedFacts(facts)).toEqual({ value: '[redacted]' })
})
