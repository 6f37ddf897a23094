/** The texts of all error codes of all packages. */
import { SluiceError } from '@sluice/core'
import '@sluice/egress'
import '@sluice/fastify'
import '@sluice/http'
import '@sluice/policy'
import '@sluice/redis'
import { describe, expect, test } from 'vitest'
import { allCodes, isRequestCode } from '../../packages/core/src/errors.ts'
import { readWorkspace, sourcesOf } from '../architecture/files.ts'

const codes = allCodes()

test('every code that a package names has a text', () => {
  const sources = sourcesOf(readWorkspace()).filter(({ isTest }) => !isTest)
  const named = sources.flatMap(({ text }) => [...text.matchAll(/'(SLUICE_[A-Z0-9_]+)'/g)].map(([, code]) => code))
  expect(named.length).toBeGreaterThan(200)
  expect([...new Set(named)].filter((code) => !codes.some((known) => known === code))).toEqual([])
})

describe('a message that a stranger may read', () => {
  /** Words of sluice itself, which tell nothing of the application. */
  const ownWords = { function: 'by', what: 'store' }
  const secrets = {
    name: 'shards-of-acme',
    names: ['shards-of-acme'],
    parent: 'shards-of-acme',
    outer: 'shards-of-acme',
    choices: ['shards-of-acme'],
    value: 'ada@example.test',
    option: 'shards-of-acme.cost',
    peer: '10.1.2.3',
    timeoutMs: 4711,
    reason: 'secret-host:6379',
  }

  test.each(codes.filter(isRequestCode))('of %s is the same whatever the facts are', (code) => {
    const cause = new Error('connect ECONNREFUSED secret-host:6379')
    const error = new SluiceError(code, { ...secrets, ...ownWords }, { cause })
    const bare = new SluiceError(code, ownWords)
    expect([error.message, String(error), JSON.stringify(error)]).toEqual([bare.message, String(bare), JSON.stringify(bare)])
    expect(error.message).not.toMatch(/[{}]/)
    expect(error.stack).not.toMatch(/acme|secret-host|ada@|4711/)
  })

  test.each(codes)('of %s is fixed where a call was given what does not fit', (code) => {
    const error = new SluiceError(code, { ...secrets, ...ownWords }, { text: 'fixed' })
    expect(error.message).not.toMatch(/acme|secret-host|ada@|4711|\{/)
    expect(error.message.length).toBeGreaterThan(code.length + 20)
  })
})
