export type { ManualClock } from './manual-clock.ts'
export { manualClock } from './manual-clock.ts'
