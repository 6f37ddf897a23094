import { describe, expect, test } from 'vitest'
import type { BanOptions } from '../ban-kind.ts'
import { everyone } from '../key.ts'
import { compilePolicy } from '../limiter/policy.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { ban, banTerms } from './ban.ts'

const harsh: BanOptions = { after: 20, within: '1m', for: '5m', factor: 2, atMost: '1d' }

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
    expect(() => ban({ ...harsh, ...wrong })).toThrow(expect.objectContaining({ code }))
    expect(() => ban({ ...harsh, ...wrong })).toThrow(/: ban\./)
  })
})

test('shows its options alone, and is refused by a limit as a copy, or as options', () => {
  const made = ban(harsh)
  expect(made).toEqual(harsh)
  expect(Object.isFrozen(made)).toBe(true)
  for (const copy of [{ ...made }, structuredClone(made), JSON.parse(JSON.stringify(made)) as unknown, harsh, true, null]) {
    const limit = { name: 'user', by: everyone, rule: tokenBucket({ capacity: 1, per: '1s' }), ban: copy as never }
    const wanted = {
      code: 'SLUICE_OPTION_TYPE',
      facts: expect.objectContaining({ option: 'user.ban', wanted: 'what ban({ after, within, for }) returns' }),
    }
    expect(() => compilePolicy([limit], '0')).toThrow(expect.objectContaining(wanted))
  }
})

test('what leads to a ban is kept under names that no limit can have', () => {
  const { strikes, levels } = banTerms(harsh, 'user')
  for (const { limit } of [strikes, levels]) expect(limit.name).not.toMatch(/^[\x20-\x7e]{1,128}$/)
  expect(strikes.limit.name).not.toBe(levels.limit.name)
})
