import { describe, expect, test } from 'vitest'
import { everyone } from '../key.ts'
import type { Limit } from '../limit.ts'
import { guaranteedShareOf } from '../rules/guaranteed/guaranteed-share.ts'
import { shareOf } from '../rules/share/share.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { SluiceError } from '../sluice-error.ts'
import { createLimiter } from './limiter.ts'
import { checkLimits } from './policy.ts'

const rule = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })
const api: Limit = { name: 'api', by: everyone, rule }

function thrown(run: () => unknown): SluiceError {
  try {
    run()
  } catch (error) {
    return error as SluiceError
  }
  throw new Error('accepted')
}

describe('limits', () => {
  test('that a limiter takes are accepted', () => {
    expect(() => checkLimits([api, { name: 'user', by: everyone, rule: shareOf('api', 0.5), nearAt: 0.5 }])).not.toThrow()
  })

  test.each<[what: string, limits: unknown, code: string, limit: string | undefined, option: string | undefined]>([
    ['that are no list', api, 'SLUICE_OPTION_TYPE', undefined, undefined],
    ['that are none', [], 'SLUICE_LIMITS_EMPTY', undefined, undefined],
    ['without a name', [{ ...api, name: 7 }], 'SLUICE_LIMIT_NAME', undefined, undefined],
    ['with an empty name', [{ ...api, name: '' }], 'SLUICE_LIMIT_NAME', '', 'name'],
    ['of one name', [api, api], 'SLUICE_LIMIT_TWICE', 'api', 'name'],
    ['without a key', [{ name: 'api', rule }], 'SLUICE_LIMIT_BY', 'api', 'by'],
    ['without a rule', [{ name: 'api', by: everyone }], 'SLUICE_RULE', 'api', 'rule'],
    ['with an unknown option', [{ ...api, max: 3 }], 'SLUICE_OPTION_UNKNOWN', 'api', 'max'],
    ['with a threshold of 2', [{ ...api, nearAt: 2 }], 'SLUICE_OPTION_TYPE', 'api', 'nearAt'],
    ['with a fraction of a cost', [{ ...api, cost: 0.5 }], 'SLUICE_WHOLE_NUMBER', 'api', 'cost'],
    ['whose cost no call can pay', [{ ...api, cost: 11 }], 'SLUICE_COST_CAPACITY', 'api', 'cost'],
    [
      'whose cost is above a share of the capacity',
      [api, { ...api, name: 'app', rule: shareOf('api', 0.5), cost: 6 }],
      'SLUICE_COST_CAPACITY',
      'app',
      'cost',
    ],
    ['that start above the capacity', [{ ...api, initial: 11 }], 'SLUICE_WHOLE_NUMBER', 'api', 'initial'],
    ['whose ban is a number', [{ ...api, ban: 5 }], 'SLUICE_OPTION_TYPE', 'api', 'ban'],
    ['whose name has dots', [{ ...api, name: 'a.b', onOutage: 'wait' }], 'SLUICE_CHOICE', 'a.b', 'onOutage'],
    [
      'whose ban is the bare options',
      [api, { ...api, name: 'login', ban: { after: 5, within: '1m', for: '1m' } }],
      'SLUICE_OPTION_TYPE',
      'login',
      'ban',
    ],
    ['that share what is missing', [api, { ...api, name: 'app', rule: shareOf('ip', 0.5) }], 'SLUICE_SHARE_PARENT', 'app', 'rule'],
    ['that share themselves', [{ ...api, rule: shareOf('api', 0.5) }], 'SLUICE_SHARE_CYCLE', 'api', 'rule'],
    [
      'that guarantee more than there is',
      [api, { ...api, name: 'a', rule: guaranteedShareOf('api', 0.6) }, { ...api, name: 'b', rule: guaranteedShareOf('api', 0.6) }],
      'SLUICE_GUARANTEE_SUM',
      'b',
      'rule',
    ],
    [
      'that guarantee at a cost of their own',
      [api, { ...api, name: 'app', rule: guaranteedShareOf('api', 0.5), cost: 2 }],
      'SLUICE_GUARANTEE_OPTION',
      'app',
      'cost',
    ],
  ])('%s are refused with the limit and the option, as a limiter refuses them', (_what, limits, code, limit, option) => {
    const error = thrown(() => checkLimits(limits as Limit[]))
    expect([error.code, error.limit, error.option]).toEqual([code, limit, option])
    const same = thrown(() => createLimiter({ limits: limits as Limit[] }))
    expect([same.message, same.limit, same.option]).toEqual([error.message, limit, option])
  })
})
