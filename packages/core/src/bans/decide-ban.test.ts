import { expect, test } from 'vitest'
import type { Ban, BanOptions } from '../ban-kind.ts'
import type { BucketState } from '../kind.ts'
import { banTerms } from './ban.ts'
import { decideBan } from './decide-ban.ts'

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
