/**
 * `@sluice/core/internal`: what the packages of sluice share and applications do not write. It may change in any release, which is why
 * these packages depend on each other at one exact version.
 */

// What a store of ours shares with the one in memory
export type { Bucket } from './buckets/bucket.ts'
export { hasLapsed } from './buckets/bucket.ts'
export { mayGrow, mostLeft, paying } from './buckets/growing.ts'
export { timeOfCharge } from './buckets/settlement.ts'
export type { SlotsHeld } from './buckets/status.ts'
export { blockedStatus, inspectedStatus, slotStatusOf, statusOf } from './buckets/status.ts'
// Time, options and errors
export { systemClock } from './clock.ts'
export { parseDuration } from './duration.ts'
export { asFault, forStrangers, withText } from './errors.ts'
export type { FunctionTime } from './function-time.ts'
export { functionTime } from './function-time.ts'
export { guaranteedStatusOf } from './guarantees/guaranteed-step.ts'
// What adapters need of a limiter
export { unavailable } from './limiter/answer.ts'
// What the suites for stores and adapters share with the core
export { banTerms } from './limiter/ban.ts'
export { storeOf } from './limiter/limiter-store.ts'
export { debitedAfter } from './limiter/reservation.ts'
export { andThen, isPromise } from './maybe-promise.ts'
export { observers } from './observe.ts'
export { checkOptions, oneOf, optionalOf } from './options.ts'
export { decideLaterStage } from './outage/later-stage.ts'
export type { Standing } from './rules/algorithm.ts'
export { windowsAround } from './rules/calendar.ts'
export type { GuaranteedRule } from './rules/guaranteed-rule.ts'
export { isGuaranteed } from './rules/guaranteed-rule.ts'
export type { BucketState } from './rules/rule.ts'
export { resolveShare } from './rules/share.ts'
export { wholeNumber } from './rules/whole-number.ts'
export { warnOnce } from './warn.ts'
