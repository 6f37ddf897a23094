/** No script holds the server for long: `pnpm --filter @sluice/test script-time` prints what is measured here. */
import { expect, test } from 'vitest'
import { measureScripts } from './script-time.ts'

test('no script takes more than a millisecond of a quiet server, whatever the rules and however many calls come at once', {
  timeout: 240_000,
}, async () => {
  const times = await measureScripts(10)
  expect(times).toHaveLength(36)
  // The yardstick leaves the estimate of a busy machine wrong by up to a half.
  expect(times.filter(({ quietUs }) => quietUs > 1500)).toEqual([])
})
