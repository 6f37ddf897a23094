/** An outage that no observer sees becomes process warnings. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answered, breakDown, consume, scene } from '../../test/outage-scene.ts'
import { everyone } from '../key.ts'
import { createLimiter } from '../limiter/limiter.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { outageWarnings } from './outage-warnings.ts'

const link = / https:\S+$/
const causes = /: (?:connection refused|no writes|slow)\./
let printed: string[]
beforeEach(() => {
  vi.useFakeTimers()
  printed = []
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    // A store of an earlier test file in this process may still fail.
    if (causes.test(String(message))) printed.push(`${(options as unknown as { code: string }).code} ${String(message).replace(link, '')}`)
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const began = expect.stringMatching(/^SLUICE_OUTAGE The store cannot answer: connection refused\. /)
const ended = expect.stringMatching(
  /^SLUICE_OUTAGE_ENDED The store answers again, after \d+ s\. It last failed with: connection refused\. /,
)

test.each([1, 3])('one warning tells that it began and one that it ended, with %i limiters on the store', async (limiters) => {
  const it = scene()
  for (let i = 0; i < limiters; i++) {
    createLimiter({ limits: [{ name: 'all', by: everyone, rule: tokenBucket({ capacity: 9, per: '1m' }) }], store: it.survivor })
  }
  // The scene itself watches the store, and says nothing about who saw an event.
  await breakDown(it)
  expect(printed).toEqual([began])
  it.be('well')
  await vi.advanceTimersByTimeAsync(100)
  await answered(it.survivor.decide(consume(0)))
  await vi.advanceTimersByTimeAsync(500)
  expect(printed).toEqual([began, ended])
})

test('nothing is printed where an observer sees it', async () => {
  const it = scene()
  const limits = [{ name: 'all', by: everyone, rule: tokenBucket({ capacity: 9, per: '1m' }) }]
  createLimiter({ limits, store: it.survivor }).observe(() => {})
  await breakDown(it)
  it.be('well')
  await vi.advanceTimersByTimeAsync(100)
  await answered(it.survivor.decide(consume(0)))
  await vi.advanceTimersByTimeAsync(500)
  expect(printed).toEqual([])
})

test('a store that fails again and again gets one pair', async () => {
  const clock = manualClock()
  const warnings = outageWarnings(clock, () => 'Repair it.')
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await vi.advanceTimersByTimeAsync(ms)
  }
  for (let i = 0; i < 50; i++) {
    warnings.began('no writes', false)
    await pass(100)
    warnings.ended('no writes', false)
    await pass(400)
  }
  await pass(500)
  expect(printed).toEqual([
    'SLUICE_OUTAGE The store cannot answer: no writes. The `onOutage` of each limit decides until it answers again. Repair it.',
    'SLUICE_OUTAGE_ENDED The store answers again, after 25 s. It last failed with: no writes. Limits are decided by the store again.',
  ])
})

test('one that fails more rarely waits longer for each end, and close prints an end that is held back', async () => {
  const clock = manualClock()
  const warnings = outageWarnings(clock, () => '')
  for (let i = 0; i < 10; i++) {
    warnings.began('slow', false)
    warnings.ended('slow', false)
    clock.advance(3000)
    await vi.advanceTimersByTimeAsync(3000)
  }
  expect(printed.map((text) => text.split(' ')[0])).toEqual([
    'SLUICE_OUTAGE',
    'SLUICE_OUTAGE_ENDED',
    'SLUICE_OUTAGE',
    'SLUICE_OUTAGE_ENDED',
    'SLUICE_OUTAGE',
  ])
  warnings.close()
  expect(printed.at(-1)).toContain('SLUICE_OUTAGE_ENDED')
})
