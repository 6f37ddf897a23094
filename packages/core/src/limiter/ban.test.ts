import { describe, expect, test } from 'vitest'
import type { BucketState } from '../rules/rule.ts'
import { type Ban, type BanOptions, banTerms, decideBan } from './ban.ts'

const harsh: BanOptions = { after: 20, within: '1m', for: '5m', factor: 2, atMost: '1d' }

/** The bans of a key that is struck out again as soon as each is over. */
function bansInTurn(options: BanOptions, count: number): Ban[] {
  const terms = banTerms(options, 'user')
  let now = 1_767_225_600_000_000
  let state: BucketState | undefined
  return Array.from({ length: count }, () => {
    const { ban, after } = decideBan(state, now, terms)
    now += ban.durationMs * 1000
    state = after
    return ban
  })
}

test.each<[string, BanOptions, number[]]>([
  ['each twice as long as the last, up to the longest', harsh, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]],
  ['each ten times as long', { ...harsh, factor: 10 }, [5, 50, 500, 1440, 1440]],
  ['each as long as the last', { ...harsh, factor: 1 }, [5, 5, 5]],
  ['as long as the longest from the start', { ...harsh, atMost: '5m' }, [5, 5, 5]],
  ['twice as long and a day at most, where nothing is said', { after: 1, within: '1s', for: '11h' }, [660, 1320, 1440, 1440]],
  ['as long as they are to be, even where that is more than a day', { after: 1, within: '1s', for: '30d' }, [43_200, 43_200]],
])('bans last %s', (_, options, minutes) => {
  expect(bansInTurn(options, minutes.length).map(({ durationMs }) => durationMs / 60_000)).toEqual(minutes)
})

test('the level counts the bans that are not forgotten, up to the longest', () => {
  expect(bansInTurn({ ...harsh, atMost: '20m' }, 5).map(({ level }) => level)).toEqual([1, 2, 3, 3, 3])
})

describe('refuses at the start', () => {
  test.each<[string, object, string]>([
    ['no refusals', { after: 0 }, 'SLUICE_WHOLE_NUMBER'],
    ['more refusals than are remembered', { after: 1001 }, 'SLUICE_WHOLE_NUMBER'],
    ['a period that is none', { within: 'soon' }, 'SLUICE_DURATION'],
    ['a ban of no time', { for: 0 }, 'SLUICE_DURATION'],
    ['bans that grow shorter', { factor: 0 }, 'SLUICE_WHOLE_NUMBER'],
    ['bans that grow by half', { factor: 1.5 }, 'SLUICE_WHOLE_NUMBER'],
    ['a longest ban that is shorter than the first', { atMost: '1m' }, 'SLUICE_OPTION_TYPE'],
    ['an option that there is not', { maxretry: 5 }, 'SLUICE_OPTION_UNKNOWN'],
  ])('%s', (_, wrong, code) => {
    expect(() => banTerms({ ...harsh, ...wrong }, 'user')).toThrow(expect.objectContaining({ code }))
    expect(() => banTerms({ ...harsh, ...wrong }, 'user')).toThrow(/user\.ban/)
  })
})

test('what leads to a ban is kept under names that no limit can have', () => {
  const { strikes, levels } = banTerms(harsh, 'user')
  for (const { limit } of [strikes, levels]) expect(limit.name).not.toMatch(/^[\x20-\x7e]{1,128}$/)
  expect(strikes.limit.name).not.toBe(levels.limit.name)
})
