import type { History } from '@sluice/conformance/store'
import { disagreement } from '@sluice/conformance/store'
import { histories } from '@sluice/conformance/store/histories'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryStore } from './memory-store.ts'

async function agrees(history: History): Promise<void> {
  const clock = manualClock()
  expect(await disagreement({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)).toBeUndefined()
}

test('answers every field of every call as the exact model does', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(histories(), agrees), { numRuns: 10_000 })
})

test('answers as the exact model does when the clock steps back and forth', { timeout: 300_000 }, async () => {
  await fc.assert(fc.asyncProperty(histories({ backwards: true }), agrees), { numRuns: 10_000 })
})
