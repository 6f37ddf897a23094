import { memoryStore } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { expect, test } from 'vitest'
import { runHistory } from './history.ts'

test('stays within the times that clocks tell to the microsecond, however long it waits', async () => {
  const clock = manualClock()
  const centuryUs = 36_525 * 86_400_000_000
  const waits = [centuryUs, 1, -2 * centuryUs, -1, 1].map((us) => ({ do: 'wait' as const, us }))
  const history = { startUs: Date.UTC(2026, 0, 1) * 1000, limits: [], rules: [], migrate: 'keepUsed' as const, steps: waits }
  const outcomes = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
  const [start, end] = [history.startUs, Date.UTC(2100, 0, 1) * 1000]
  expect(outcomes.map(({ nowUs }) => nowUs)).toEqual([start, end, end, 0, 0])
})
