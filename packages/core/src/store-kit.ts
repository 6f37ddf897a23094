/** For those who write a store: what every store tells of a bucket, told alike. */
export type { Bucket } from './bucket.ts'
export { hasLapsed } from './bucket.ts'
export { guaranteedStatusOf } from './guaranteed-step.ts'
export type { OutageOptions } from './outage.ts'
export { surviveOutages } from './outage.ts'
export { timeOfCharge } from './settlement.ts'
export type { SlotsHeld } from './status.ts'
export { blockedStatus, inspectedStatus, slotStatusOf, statusOf } from './status.ts'
