import { describeStore } from '@sluice/conformance/store'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../testing/manual-clock.ts'
import { memoryStore } from './memory-store.ts'

describeStore({ describe, expect, test }, 'the memory store', () => {
  const clock = manualClock()
  const store = memoryStore({ clock })
  return { store, setNowUs: clock.setUs, dispose: () => store.close() }
})
