import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { hostileUnits } from '../../test/read-quota.ts'
import { anthropicDialect } from './anthropic.ts'
import { azureOpenaiDialect } from './azure-openai.ts'
import type { Dialect } from './dialect.ts'
import { gatewayDialect } from './gateway.ts'
import { githubDialect } from './github.ts'
import { ietfDialect } from './ietf.ts'
import { openaiDialect } from './openai.ts'

fakeTime()

const dialects: readonly [string, Dialect, readonly string[]][] = [
  ['openai', openaiDialect, ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests']],
  ['azure', azureOpenaiDialect, ['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests', 'retry-after-ms']],
  [
    'anthropic',
    anthropicDialect,
    ['anthropic-ratelimit-requests-limit', 'anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-requests-reset'],
  ],
  [
    'github',
    githubDialect,
    ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-used', 'x-ratelimit-reset', 'x-ratelimit-resource'],
  ],
  ['ietf', ietfDialect(), ['ratelimit', 'ratelimit-policy', 'age']],
  ['gateway', gatewayDialect('GW'), ['gw-ratelimit-burst-capacity', 'gw-ratelimit-replenish-rate', 'gw-ratelimit-remaining']],
]

/** Values that a header may have, of the kind that a reader expects and of none. */
const values = fc.oneof(
  fc.constantFrom(...hostileUnits, '"requests";r=0;t=5', '"requests";q=99999', '2026-11-30T10:00:00Z', '6m0s', '0', '3', 'requests'),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

test.each(dialects)('no headers make %s throw, fault, or raise a limit above the configured one', async (_, dialect, names) => {
  const headers = fc.record(Object.fromEntries([...names, 'retry-after', 'date'].map((name) => [name, fc.oneof(values, fc.array(values))])))
  await fc.assert(
    fc.asyncProperty(headers, fc.constantFrom(200, 403, 429, 503), async (each, status) => {
      const provider = providerOf({ limits: { requests: { capacity: 3, per: '1s' } }, dialect, queue: { wait: 0 } })
      const faults: string[] = []
      provider.observe((event) => event.type === 'fault' && faults.push(event.error.message))
      const permit = await provider.acquire()
      permit.observe(each, status)
      permit.settle()
      const { ends, call } = outcomes(provider)
      for (let i = 0; i < 4; i++) void call()
      await pass(1)
      expect(faults).toEqual([])
      expect(ends.filter((end) => end === 0).length).toBeLessThanOrEqual(2)
    }),
  )
})

test('a 403 of GitHub that names a wait stops all calls, and a missing right stops none', async () => {
  const { ends, call } = outcomes(providerOf({ limits: { core: { capacity: 10, per: '1m', cost: 1 } }, dialect: githubDialect }))
  const first = await call()
  first?.observe({ 'x-ratelimit-remaining': '4000' }, 403)
  const second = await call()
  second?.observe({ 'retry-after': '3' }, 403)
  void call()
  await pass(3000)
  expect(ends).toEqual([0, 0, 3000])
})

test('with a dialect the first call goes alone, and the others as soon as the head of its response is observed', async () => {
  const { ends, call } = outcomes(providerOf({ limits: { requests: { capacity: 10, per: '1m' } }, dialect: openaiDialect }))
  const first = call()
  for (let i = 0; i < 2; i++) void call()
  await pass(300)
  expect(ends).toEqual([0, 'waiting', 'waiting'])
  ;(await first)?.observe({ 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '1' })
  await pass(0)
  expect(ends).toEqual([0, 300, 'waiting'])
})
