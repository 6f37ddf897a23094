import { everyone, type Limit, SluiceError, shareOf, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { applyPolicy } from './apply-policy.ts'
import { parsePolicy } from './document.ts'

const perSecond = (capacity: number) => tokenBucket({ capacity, per: '1s' })
const api: Limit = { name: 'api', by: everyone, rule: perSecond(100), initial: 50, disclose: false }
const app: Limit = { name: 'app', by: everyone, rule: () => perSecond(50), nearAt: 0.9 }
const seller: Limit = { name: 'seller', by: everyone, rule: shareOf('app', 0.5) }
const limits = [api, app, seller]

const interval = { tokenBucket: { capacity: 100, per: '1s', mode: 'interval' } }
const guaranteed = (ratio: number) => ({ rule: { shareOf: { parent: 'api', ratio, guaranteed: true } } })

function lay(document: Readonly<Record<string, object>>, more: object = {}): Limit[] {
  return applyPolicy(limits, parsePolicy(JSON.stringify({ version: '1', ...more, limits: document }, null, 1)))
}

function refusalOf(document: Readonly<Record<string, object>>): SluiceError {
  try {
    lay(document)
  } catch (error) {
    if (error instanceof SluiceError) return error
    throw error
  }
  throw new Error('accepted')
}

describe('a document laid over limits', () => {
  test('changes what it names and nothing else', () => {
    const [outer, inner, share] = lay({
      app: { rule: { tokenBucket: { capacity: 7, per: '1s' } }, cost: 1, initial: 3, onOutage: 'deny', debit: 'after', nearAt: 0.5 },
    })
    expect(outer).toEqual(api)
    expect(share).toEqual(seller)
    expect(inner).toEqual({
      name: 'app',
      by: everyone,
      rule: perSecond(7),
      cost: 1,
      initial: 3,
      onOutage: 'deny',
      debit: 'after',
      nearAt: 0.5,
    })
  })

  test('lowers an initial fill of the code to a smaller capacity', () => {
    expect(lay({ api: { rule: { tokenBucket: { capacity: 7, per: '1s' } } } })[0]).toMatchObject({ initial: 7 })
    expect(lay({ api: { rule: { tokenBucket: { capacity: 70, per: '1s' } } } })[0]).toMatchObject({ initial: 50 })
  })

  test('measures every limit where it says shadow, whatever it says of single ones', () => {
    expect(lay({ app: { shadow: false } }, { shadow: true }).map(({ shadow }) => shadow)).toEqual([true, true, true])
    expect(lay({ app: { shadow: true } }, { shadow: false }).map(({ shadow }) => shadow)).toEqual([undefined, true, undefined])
  })

  test('may share out more than there is: the parent is charged too, and never gives more than it has', () => {
    expect(
      lay({ app: { rule: { shareOf: { parent: 'api', ratio: 0.9 } } }, seller: { rule: { shareOf: { parent: 'api', ratio: 0.9 } } } }),
    ).toHaveLength(3)
  })

  test.each<[what: string, document: Record<string, object>, code: string | undefined, reason: string]>([
    ['a limit that the code does not have', { ip: {} }, undefined, 'there is no limit ip; the limits are api, app, seller'],
    [
      'a share of nothing',
      { app: { rule: { shareOf: { parent: 'ap', ratio: 0.5 } } } },
      'SLUICE_SHARE_PARENT',
      'The limit app is a share of ap',
    ],
    [
      'a share of what stands further in',
      { api: { rule: { shareOf: { parent: 'app', ratio: 0.5 } } } },
      'SLUICE_SHARE_PARENT',
      'share of app, which is not',
    ],
    ['a share of itself', { app: { rule: { shareOf: { parent: 'app', ratio: 0.5 } } } }, 'SLUICE_SHARE_CYCLE', 'app > app'],
    ['shares in a circle', { app: { rule: { shareOf: { parent: 'seller', ratio: 0.5 } } } }, 'SLUICE_SHARE_CYCLE', 'app > seller > app'],
    [
      'guarantees that sum to more than there is',
      { api: { rule: interval }, app: guaranteed(0.6), seller: guaranteed(0.5) },
      'SLUICE_GUARANTEE_SUM',
      'app, seller guarantee more than all of api',
    ],
    ['a guarantee of what has no periods', { seller: guaranteed(0.5) }, 'SLUICE_GUARANTEE_PARENT', 'has no periods'],
    [
      'a guarantee with a cost of its own',
      { api: { rule: interval }, seller: { ...guaranteed(0.5), cost: 1 } },
      'SLUICE_GUARANTEE_OPTION',
      'cannot have cost of its own',
    ],
    [
      'an initial fill above the capacity',
      { api: { initial: 101 } },
      'SLUICE_WHOLE_NUMBER',
      'api.initial must be a whole number from 0 to 100',
    ],
  ])('is refused for %s, with the place', (_what, document, code, reason) => {
    const error = refusalOf(document)
    expect(error).toMatchObject({ code: 'SLUICE_POLICY', facts: { reason: expect.stringContaining(reason) } })
    expect(error.facts.line).toBeGreaterThan(3)
    expect((error.cause as SluiceError | undefined)?.code).toBe(code)
  })
})
