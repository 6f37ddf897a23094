/** No script holds the server for long: `pnpm --filter @sluice/test script-time` prints what is measured here. */
import { expect, test } from 'vitest'
import { measureScripts } from '../redis/script-time.ts'

test('no script takes more than a millisecond of a quiet server, whatever the rules and however many calls come at once', {
  timeout: 240_000,
}, async () => {
  // The yardstick leaves the estimate of a busy machine wrong by up to a half, and now and then by more. What is slow is so each time.
  let slow: readonly string[] | undefined
  for (let i = 0; i < 3 && slow?.length !== 0; i++) {
    const times = await measureScripts(10)
    expect(times).toHaveLength(36)
    const now = times.filter(({ quietUs }) => quietUs > 1500).map(({ scenario }) => scenario)
    slow = slow === undefined ? now : slow.filter((scenario) => now.includes(scenario))
  }
  expect(slow).toEqual([])
})
