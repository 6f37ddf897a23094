/** Two copies of one version in one process: what one of them makes, the other one accepts. */
import * as core from '@sluice/core'
import { bind, failuresOnly, stepOf } from '@sluice/http'
import { guardFetch } from '@sluice/http/fetch'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Copy, secondCopy } from './second-copy.ts'

const first: Copy = { ...core, bind, failuresOnly, stepOf, guardFetch }
let second: Copy
beforeAll(async () => {
  second = await secondCopy()
})

/** Each test runs twice: what is made here is used there, and the other way round. */
const pairs = [
  ['the first copy and uses it in the second', () => [first, second]],
  ['the second copy and uses it in the first', () => [second, first]],
] as const satisfies readonly (readonly [string, () => readonly [Copy, Copy]])[]

function errorOf(copy: Copy): core.SluiceError {
  try {
    copy.tokenBucket({ capacity: -1, per: '1s' })
  } catch (error) {
    return error as core.SluiceError
  }
  throw new Error('a negative capacity is accepted')
}

describe.each(pairs)('makes something in %s', (_sentence, copies) => {
  test('an error is a SluiceError, and none of a subclass', () => {
    const [maker, user] = copies()
    class OwnError extends user.SluiceError {}
    const error = errorOf(maker)
    expect(maker.SluiceError).not.toBe(user.SluiceError)
    expect([error instanceof user.SluiceError, error instanceof maker.SluiceError, error instanceof OwnError]).toEqual([true, true, false])
    for (const value of [new Error('plain'), null, undefined, 'SluiceError', () => 1, { code: 'SLUICE_RULE' }]) {
      expect(value instanceof (user.SluiceError as unknown as typeof Error)).toBe(false)
    }
  })

  test('an error of a subclass is a SluiceError', () => {
    const [maker, user] = copies()
    class OwnError extends maker.SluiceError {}
    const own = new OwnError({ code: 'SLUICE_RULE', message: 'own', hint: 'none' })
    expect([own instanceof OwnError, own instanceof user.SluiceError]).toEqual([true, true])
  })

  test('a limiter decides rules, bans and keys on a store', () => {
    const [maker, user] = copies()
    const limiter = user.createLimiter<string>({
      store: maker.memoryStore(),
      limits: [
        { name: 'all', by: maker.everyone, rule: maker.fixedWindow({ capacity: 10, per: '1d' }) },
        { name: 'most', by: (key) => key, rule: maker.shareOf('all', 0.2), ban: maker.ban({ after: 2, within: '1m', for: '5m' }) },
        { name: 'none', by: () => maker.skip, rule: maker.tokenBucket({ capacity: 1, per: '1d' }) },
      ],
    })
    const outcomes = Array.from({ length: 3 }, () => limiter.consume('ada'))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['allowed', 'allowed', 'limited'])
    expect(outcomes[0]?.limits.map(({ name }) => name)).toEqual(['all', 'most'])
  })

  test('guarantees of shares are added up', () => {
    const [maker, user] = copies()
    const all = { name: 'all', by: user.everyone, rule: user.fixedWindow({ capacity: 10, per: '1d' }) }
    const guaranteed = (copy: Copy, name: string) => ({ name, by: user.everyone, rule: copy.guaranteedShareOf('all', 0.6) })
    const start = () => user.createLimiter({ limits: [all, guaranteed(maker, 'one'), guaranteed(user, 'other')] })
    expect(start).toThrow(expect.objectContaining({ code: 'SLUICE_GUARANTEE_SUM' }))
  })

  test('limiters on one store count the same slots', () => {
    const [maker, user] = copies()
    const store = maker.memoryStore()
    const slots = (copy: Copy) =>
      copy.createLimiter({ store, limits: [{ name: 'slots', by: copy.everyone, rule: copy.concurrency({ capacity: 1, lease: '1m' }) }] })
    const held = slots(maker).reserve()
    expect(slots(user).reserve().decision.outcome).toBe('limited')
    held.cancel()
    expect(slots(user).reserve().decision.outcome).toBe('allowed')
  })

  test('a guard binds a limiter, and settles failures where it would settle its own', async () => {
    const [maker, user] = copies()
    const limiter = user.createLimiter<string>({
      limits: [{ name: 'key', by: (key) => key, rule: maker.tokenBucket({ capacity: 1, per: '1d' }) }],
    })
    const bound = maker.bind<Request>(limiter, () => 'ada')
    const handle = user.guardFetch({ remoteAddress: () => '192.0.2.7', limiter: bound }, () => new Response('ok'))
    const statuses = []
    for (let i = 0; i < 2; i++) statuses.push((await handle(new Request('http://localhost/'))).status)
    expect(statuses).toEqual([200, 429])

    const perAccount = { name: 'account', by: () => 'ada', rule: maker.tokenBucket({ capacity: 1, per: '1d' }), settle: maker.failuresOnly }
    expect(user.stepOf(perAccount)).toBe('preValidation first')
  })
})
