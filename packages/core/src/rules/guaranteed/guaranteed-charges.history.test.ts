import { disagreement } from '@sluice/conformance/store'
import { guaranteedHistories } from '@sluice/conformance/store/histories'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../../memory/memory-store.ts'
import { manualClock } from '../../testing/manual-clock.ts'

test('answers every call on guaranteed shares as a list of all who have asked would', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(guaranteedHistories(), async (history) => {
      const clock = manualClock()
      expect(await disagreement({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)).toBeUndefined()
    }),
    { numRuns: 5000 },
  )
})
