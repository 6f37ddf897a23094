import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  SLUICE_ABORTED,
  SLUICE_CHOICE,
  SLUICE_COST,
  SLUICE_KEY,
  SLUICE_LIMIT_TWICE,
  SLUICE_LIMIT_UNKNOWN,
  SLUICE_OPTION_TYPE,
  SLUICE_POLICY_SOURCE,
} from './errors.ts'
import { type CodeText, describe as describeCode, type Facts, SluiceError, withText } from './sluice-error.ts'

/** The text of a code without the link to its entry. */
function textOf(text: CodeText, facts: Facts): string {
  return describeCode(text, facts).replace(/ https:\S+$/, '')
}

test('an error carries its code, its facts, its cause, and says what to do', () => {
  const cause = new Error('connection lost')
  const error = new SluiceError(SLUICE_LIMIT_UNKNOWN, { name: 'usr', choices: ['ip', 'user'] }, { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({
    name: 'SluiceError',
    code: 'SLUICE_LIMIT_UNKNOWN',
    facts: { name: 'usr', choices: ['ip', 'user'] },
    cause,
    message:
      'SLUICE_LIMIT_UNKNOWN: There is no limit of that name here. Use one of the names in `facts.choices` of this error.' +
      ' https://sluice-js.github.io/sluice/errors#sluice_limit_unknown',
  })
})

test('an error leaves the facts and the cause to logs', () => {
  const error = new SluiceError(SLUICE_KEY, { name: 'shards-of-acme', value: { id: 7 } }, { cause: new Error('why') })
  expect(inspect(error)).toMatch(/shards-of-acme/)
  expect(inspect(error)).toMatch(/id: 7/)
  expect(inspect(error)).toMatch(/why/)
})

test('at start-up the same code names option, value and fix', () => {
  const check = (): never => {
    throw new SluiceError(SLUICE_COST, { name: 'user', value: 0.5 }, { cause: 'why' })
  }
  expect(check).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/user|0\.5/) }))
  const atStart = (): never => withText('full', check)
  expect(atStart).toThrow(expect.objectContaining({ code: 'SLUICE_COST', facts: { name: 'user', value: 0.5 }, cause: 'why' }))
  expect(atStart).toThrow(/The cost for user .* but is 0\.5\. Round/)
  expect(atStart).toThrow(expect.objectContaining({ stack: expect.stringMatching(/but is 0\.5[\s\S]*sluice-error\.test/) }))
})

test('an error that is none of ours goes through a check as it is', () => {
  const error = new RangeError('foreign')
  const check = (): never => {
    throw error
  }
  expect(() => withText('fixed', check)).toThrow(error)
})

test('an error without facts has none', () => {
  expect(new SluiceError(SLUICE_ABORTED).facts).toEqual({})
})

describe('a value in a message is displayed', () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  test.each([
    ['a plain word', 'greedy', 'greedy'],
    ['text with quotes', 'a"b', '"a\\"b"'],
    ['text with a line break', 'a\nb', '"a\\nb"'],
    ['the empty text', '', '""'],
    ['a text that could be a number', '1.5', '"1.5"'],
    ['a text that could be an answer', 'true', '"true"'],
    ['a text that could be nothing', 'undefined', '"undefined"'],
    ['a number', 1.5, '1.5'],
    ['NaN', Number.NaN, 'NaN'],
    ['a bigint', 5n, '5n'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['true', true, 'true'],
    ['a function', () => 1, 'a function'],
    ['an object', { a: 1 }, '{"a":1}'],
    ['a list', ['x', 2, null], 'x, 2, null'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object that holds itself', circular, '{"self":"[circular]"}'],
    ['what JSON cannot show', { big: 1n }, '[object Object]'],
    ['what JSON shows as nothing', { toJSON: () => undefined }, '[object Object]'],
    ['long text, cut', 'x'.repeat(100), `${'x'.repeat(80)}...`],
  ])('as %s', (_, value, displayed) => {
    expect(textOf(SLUICE_CHOICE, { option: 'mode', value, choices: ['a'] })).toBe(`mode is ${displayed}. Use one of: a.`)
  })

  test('as it is in a reason, which contains displayed values already', () => {
    const reason = `the limit "${'x'.repeat(100)}" is not known`
    expect(textOf(SLUICE_POLICY_SOURCE, { reason })).toContain(`${reason}. See`)
  })

  test('as it is where it says what is wanted', () => {
    const facts = { option: 'limits[0].trust', wanted: "a list, such as ['10.0.0.0/8']", value: '10' }
    expect(textOf(SLUICE_OPTION_TYPE, facts)).toBe(
      `limits[0].trust must be a list, such as ['10.0.0.0/8'], but is "10". Pass a list, such as ['10.0.0.0/8'].`,
    )
  })

  test('as the place itself where the fact is missing', () => {
    expect(textOf(SLUICE_LIMIT_TWICE, {})).toContain('Two limits are named {name}')
  })
})
