import { afterEach, beforeEach, expect, type Mock, test, vi } from 'vitest'
import { SLUICE_DURATION_SMALL, SLUICE_LIMITS_EMPTY } from './errors.ts'
import { forgetWarnings, warnOnce } from './warn.ts'

let warned: Mock
beforeEach(() => {
  forgetWarnings()
  warned = vi.fn()
  vi.spyOn(process, 'emitWarning').mockImplementation(warned)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('says a text once, with its code', () => {
  warnOnce(SLUICE_DURATION_SMALL, { option: 'per', value: 60 })
  warnOnce(SLUICE_DURATION_SMALL, { option: 'per', value: 60 })
  warnOnce(SLUICE_DURATION_SMALL, { option: 'per', value: 61 })
  expect(warned.mock.calls.map(([message, options]) => [String(message).slice(0, 29), options.code])).toEqual([
    ['per is the bare number 60, wh', 'SLUICE_DURATION_SMALL'],
    ['per is the bare number 61, wh', 'SLUICE_DURATION_SMALL'],
  ])
})

test('stops after a thousand texts, so that values from requests cannot fill the memory', () => {
  for (let value = 1; value <= 1500; value++) warnOnce(SLUICE_DURATION_SMALL, { option: 'per', value })
  expect(warned).toHaveBeenCalledTimes(1000)
})

test.each([
  ['without a process', undefined],
  ['with a process that cannot warn', {}],
])('speaks through the console %s', (_, process) => {
  const warn = vi.fn()
  vi.stubGlobal('process', process)
  vi.stubGlobal('console', { warn })
  warnOnce(SLUICE_LIMITS_EMPTY, { option: 'limits' })
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    'SLUICE_LIMITS_EMPTY: limits has no limit in it. List at least one limit. https://sluice-js.github.io/sluice/errors#sluice_limits_empty',
  )
})

test('is silent where there is neither', () => {
  vi.stubGlobal('process', undefined)
  vi.stubGlobal('console', undefined)
  expect(() => warnOnce(SLUICE_LIMITS_EMPTY, { option: 'limits' })).not.toThrow()
})
