import { describe, expect, test, vi } from 'vitest'
import { skip } from '../key.ts'
import type { Limit } from '../limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { shareOf } from '../rules/share/share.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { SluiceError } from '../sluice-error.ts'
import type { Charge } from '../store.ts'
import { gather } from './gather.ts'
import { compilePolicy } from './policy.ts'

interface Call {
  readonly app: string
  readonly seller: string | null
}

const subject: Call = { app: 'a', seller: 's' }
const rule = tokenBucket({ capacity: 10, per: '1s' })
const half = tokenBucket({ capacity: 5, per: '1s' })
const app: Limit<Call> = { name: 'app', by: (call) => call.app, rule }
const seller: Limit<Call> = { name: 'seller', by: (call) => call.seller, rule }

type Wrong = Record<string, unknown>

function resolve(limits: readonly (Limit<Call> | Wrong)[], cost: number | Record<string, number> = 1, on: Call = subject) {
  const failures: [code: string, limit: string][] = []
  const policy = compilePolicy(limits as Limit<Call>[], '0')
  const charges = gather(policy, on, cost, (error, limit) => void failures.push([error.code, limit]))
  return { charges, failures }
}

function brief(charges: MaybePromise<Charge[]>): unknown {
  const pick = (list: Charge[]): unknown => list.map(({ limit, key, cost }) => [limit.name, key, cost])
  return Array.isArray(charges) ? pick(charges) : charges.then(pick)
}

describe('the charges of a call', () => {
  test('are those of each limit, outermost first', () => {
    const { charges } = resolve([app, seller])
    expect(charges).toMatchObject([
      { limit: { name: 'app' }, key: 'a', terms: { rule, initial: 10 }, cost: 1 },
      { limit: { name: 'seller' }, key: 's', terms: { rule, initial: 10 }, cost: 1 },
    ])
  })

  test('are there at once while every function answers at once', () => {
    const at = { ...app, when: () => true, cost: () => 2, rule: () => rule }
    expect(brief(resolve([at]).charges)).toEqual([['app', 'a', 2]])
  })

  test.each(['by', 'rule', 'cost', 'when'] as const)('come later where %s answers later, in order', async (name) => {
    const late = { ...app, when: () => true, cost: () => 2, rule: () => rule }
    const waiting = { ...late, [name]: async () => late[name](subject) }
    const { charges } = resolve([waiting, seller])
    expect(charges).toBeInstanceOf(Promise)
    expect(await brief(charges)).toEqual([
      ['app', 'a', 2],
      ['seller', 's', 1],
    ])
  })

  test('may wait for several limits, one after the other', async () => {
    const calls: string[] = []
    const late = (name: string): Limit<Call> => ({
      name,
      rule,
      async by() {
        calls.push(name)
        await Promise.resolve()
        calls.push(`${name} answered`)
        return name
      },
    })
    expect(await brief(resolve([late('a'), { ...seller, by: () => skip }, late('b')]).charges)).toEqual([
      ['a', 'a', 1],
      ['b', 'b', 1],
    ])
    expect(calls).toEqual(['a', 'a answered', 'b', 'b answered'])
  })

  test('accept answers of bare thenables', async () => {
    // biome-ignore lint/suspicious/noThenProperty: query builders are such things
    const query = { then: (done: (key: string) => void) => done('late') }
    const { charges } = resolve([{ ...app, by: () => query }])
    expect(await brief(charges)).toEqual([['app', 'late', 1]])
  })
})

describe('a limit does not apply', () => {
  test.each([
    ['where its key is skip', { by: () => skip }],
    ['where its key is skip later', { by: async () => skip }],
    ['where its rule is skip', { rule: () => skip }],
    ['where its rule is skip later', { rule: async () => skip }],
    ['where its condition is not met', { when: () => false }],
    ['where its condition is not met later', { when: async () => false }],
  ])('%s', async (_, more) => {
    expect(await brief(resolve([{ ...app, ...more }, seller]).charges)).toEqual([['seller', 's', 1]])
  })

  test('where the rule of its parent is skip, which is asked once', () => {
    const rules = vi.fn(() => skip)
    const { charges } = resolve([{ ...app, rule: rules }, { ...seller, name: 'share', rule: shareOf('app', 0.5) }, seller])
    expect((charges as Charge[]).map(({ limit }) => limit.name)).toEqual(['seller'])
    expect(rules).toHaveBeenCalledTimes(1)
  })

  test('and then none of its other functions is asked', () => {
    const never = vi.fn()
    resolve([{ ...app, when: () => false, by: never, rule: never, cost: never }])
    resolve([{ ...app, by: () => skip, rule: never, cost: never }])
    expect(never).not.toHaveBeenCalled()
  })

  test('to anybody: then there is nothing to charge', () => {
    expect(resolve([{ ...app, by: () => skip }]).charges).toEqual([])
  })
})

describe('the cost', () => {
  test.each([
    ['is that of the call', app, 4, 4],
    ['is named for the limit', app, { app: 4, seller: 2 }, 4],
    ['is 1 where the call names others', app, { seller: 2 }, 1],
    ['of the limit wins', { ...app, cost: 3 }, 4, 3],
    ['of the limit wins over its name', { ...app, cost: 3 }, { app: 4, seller: 2 }, 3],
    ['of a function wins', { ...app, cost: ({ app: name }: Call) => name.length + 5 }, 4, 6],
    ['of a function may be 0', { ...app, cost: () => 0 }, 4, 0],
  ])('%s', (_, limit, cost, units) => {
    const { charges } = resolve([limit, seller], cost)
    expect((charges as Charge[])[0]!.cost).toBe(units)
  })
})

describe('a share', () => {
  const share: Limit<Call> = { ...seller, rule: shareOf('app', 0.5) }

  test('is taken of the rule that its parent has in this call', () => {
    const plans: Record<string, typeof rule> = { a: rule, b: tokenBucket({ capacity: 20, per: '1s' }) }
    const planned = { ...app, rule: (call: Call) => plans[call.app]! }
    for (const [name, capacity] of [
      ['a', 5],
      ['b', 10],
    ] as const) {
      const { charges } = resolve([planned, share], 1, { app: name, seller: 's' })
      expect((charges as Charge[])[1]!.terms.rule.capacity).toBe(capacity)
    }
  })

  test('holds whether or not its parent applies', () => {
    const { charges } = resolve([{ ...app, by: () => skip }, share])
    expect(charges).toMatchObject([{ limit: { name: 'seller', parent: 'app' }, terms: { rule: half } }])
  })

  test('waits for a parent whose rule comes later', async () => {
    const { charges } = resolve([{ ...app, rule: async () => rule }, share])
    expect((await charges)[1]!.terms.rule).toBe(half)
  })

  test.each([
    ['applies', 'a'],
    ['does not apply', null],
  ] as const)('asks the rule function of its parent once for each call where the parent %s', (_, key) => {
    const ruleFn = vi.fn(() => rule)
    resolve([{ ...app, by: () => key, rule: ruleFn }, share, { ...seller, name: 'shop', rule: shareOf('seller', 0.4) }])
    expect(ruleFn).toHaveBeenCalledTimes(1)
  })

  test('asks a rule function of its parent that fails once for each call', async () => {
    const ruleFn = vi.fn(async () => Promise.reject(new Error('boom')))
    const { charges, failures } = resolve([{ ...app, rule: ruleFn }, share])
    expect(await charges).toEqual([])
    expect(failures.map(([, name]) => name)).toEqual(['app', 'seller'])
    expect(ruleFn).toHaveBeenCalledTimes(1)
  })

  test('of a share is taken of what that means', () => {
    const { charges } = resolve([app, share, { ...seller, name: 'shop', rule: shareOf('seller', 0.4) }])
    expect((charges as Charge[])[2]!.terms.rule).toEqual(tokenBucket({ capacity: 2, per: '1s' }))
  })
})

describe('a function that fails', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  test.each([
    ['by throws', { by: boom }, 'SLUICE_FUNCTION'],
    ['by rejects', { by: async () => boom() }, 'SLUICE_FUNCTION'],
    ['rule throws', { rule: boom }, 'SLUICE_FUNCTION'],
    ['rule rejects', { rule: async () => boom() }, 'SLUICE_FUNCTION'],
    ['cost throws', { cost: boom }, 'SLUICE_FUNCTION'],
    ['when rejects', { when: async () => boom() }, 'SLUICE_FUNCTION'],
    ['by answers null, as a body may', { by: () => JSON.parse('null') }, 'SLUICE_KEY'],
    ['by answers null later', { by: async () => null }, 'SLUICE_KEY'],
    ['when answers null', { when: () => null }, 'SLUICE_WHEN'],
    ['when answers undefined later', { when: async () => undefined }, 'SLUICE_WHEN'],
    ['when answers a word', { when: () => 'no' }, 'SLUICE_WHEN'],
    ['rule answers null', { rule: () => null }, 'SLUICE_RULE'],
    ['cost answers skip', { cost: () => skip }, 'SLUICE_COST'],
    ['by answers undefined', { by: () => undefined }, 'SLUICE_KEY'],
    ['by answers undefined later', { by: async () => undefined }, 'SLUICE_KEY'],
    ['rule answers options', { rule: () => ({ capacity: 10 }) }, 'SLUICE_RULE'],
    ['rule answers nothing', { rule: async () => undefined }, 'SLUICE_RULE'],
    ['rule answers a share', { rule: () => shareOf('app', 0.5) }, 'SLUICE_RULE'],
    ['cost answers a fraction', { cost: () => 0.5 }, 'SLUICE_COST'],
    ['cost answers a negative number later', { cost: async () => -1 }, 'SLUICE_COST'],
  ])('%s: leaves its limit out and no other', async (_, wrong, code) => {
    const { charges, failures } = resolve([{ ...app, ...wrong }, seller])
    expect(await brief(charges)).toEqual([['seller', 's', 1]])
    expect(failures).toEqual([[code, 'app']])
  })

  test('is named with its limit, and its error kept', () => {
    const errors: SluiceError[] = []
    const policy = compilePolicy<Call>([{ ...app, by: boom }], '0')
    void gather(policy, subject, 1, (error) => void errors.push(error))
    expect(errors[0]).toMatchObject({ code: 'SLUICE_FUNCTION', facts: { function: 'by', name: 'app' }, cause: new Error('boom') })
  })

  test('ends the call where its failure is thrown on', async () => {
    const throwOn = (error: SluiceError): never => {
      throw error
    }
    const failing = expect.objectContaining({ code: 'SLUICE_FUNCTION' })
    const policy = (by: Limit<Call>['by']) => compilePolicy<Call>([{ ...app, by }, seller], '0')
    expect(() => gather(policy(boom), subject, 1, throwOn)).toThrow(failing)
    await expect(
      gather(
        policy(async () => boom()),
        subject,
        1,
        throwOn,
      ),
    ).rejects.toThrow(failing)
  })

  test('takes its shares with it', () => {
    const { charges, failures } = resolve([
      { ...app, rule: boom },
      { ...seller, rule: shareOf('app', 0.5) },
    ])
    expect(charges).toEqual([])
    expect(failures).toEqual([
      ['SLUICE_FUNCTION', 'app'],
      ['SLUICE_FUNCTION', 'seller'],
    ])
  })
})
