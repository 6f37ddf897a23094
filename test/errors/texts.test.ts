/** The texts of all error codes of all packages. */
import { SluiceError } from '@sluice/core'
import type { CodeText } from '@sluice/core/internal'
import { describe, expect, test } from 'vitest'
import * as cli from '../../packages/cli/src/errors.ts'
import * as core from '../../packages/core/src/errors.ts'
import * as dashboard from '../../packages/dashboard/src/errors.ts'
import * as egress from '../../packages/egress/src/errors.ts'
import * as fastify from '../../packages/fastify/src/errors.ts'
import * as http from '../../packages/http/src/errors.ts'
import * as policy from '../../packages/policy/src/errors.ts'
import * as redis from '../../packages/redis/src/errors.ts'
import { readWorkspace, sourcesOf } from '../architecture/files.ts'

const exported = [cli, core, dashboard, egress, fastify, http, policy, redis].flatMap((file): [string, unknown][] => Object.entries(file))
const codes = exported.filter((each): each is [string, CodeText] => each[0].startsWith('SLUICE_'))
const sources = sourcesOf(readWorkspace()).filter(({ isTest }) => !isTest)

test('every code is the name of its constant, and no two packages have the same', () => {
  const names = codes.map(([name]) => name)
  expect(codes.map(([, { code }]) => code)).toEqual(names)
  expect(names).toHaveLength(new Set(names).size)
})

test('the table of each package is read here', () => {
  const declared = sources.flatMap(({ text }) => [...text.matchAll(/^export const (SLUICE_[A-Z0-9_]+)/gm)].map(([, code]) => code))
  expect(declared.sort()).toEqual(codes.map(([name]) => name).sort())
})

test('every code that a package names has a text', () => {
  const named = sources.flatMap(({ text }) => [...text.matchAll(/\b(SLUICE_[A-Z0-9_]+)'/g)].map(([, code]) => code))
  expect(named.length).toBeGreaterThan(codes.length)
  expect([...new Set(named)].filter((code) => !codes.some(([known]) => known === code))).toEqual([])
})

test.each(codes)('a message of %s ends with the link to its entry in the documentation, for developers and for strangers', (code, text) => {
  const entry = ` https://sluice-js.github.io/sluice/errors#${code.toLowerCase()}`
  for (const kind of ['full', 'fixed'] as const) expect(new SluiceError(text, {}, { text: kind }).message.endsWith(entry)).toBe(true)
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

  test.each(codes.filter(([, { request }]) => request))('of %s is the same whatever the facts are', (_, text) => {
    const cause = new Error('connect ECONNREFUSED secret-host:6379')
    const error = new SluiceError(text, { ...secrets, ...ownWords }, { cause })
    const bare = new SluiceError(text, ownWords)
    expect([error.message, String(error), JSON.stringify(error)]).toEqual([bare.message, String(bare), JSON.stringify(bare)])
    expect(error.message).not.toMatch(/[{}]/)
    expect(error.stack).not.toMatch(/acme|secret-host|ada@|4711/)
  })

  test.each(codes)('of %s is fixed where a call was given what does not fit', (code, text) => {
    const error = new SluiceError(text, { ...secrets, ...ownWords }, { text: 'fixed' })
    expect(error.message).not.toMatch(/acme|secret-host|ada@|4711|\{/)
    expect(error.message.length).toBeGreaterThan(code.length + 20)
  })
})
