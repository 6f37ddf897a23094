/**
 * `@sluice/core/internal`: what the packages of sluice share and applications do not write. It may change in any release, which is why
 * these packages depend on each other at one exact version.
 */

export { banTerms } from './bans/ban.ts'
export type { Bucket } from './buckets/bucket.ts'
export { isExpired } from './buckets/bucket.ts'
export { allowsPartialGrant, mostLeft, paying } from './buckets/partial-grant.ts'
export { openSince, type RenewableHold, timeOfCharge } from './buckets/settlement.ts'
export { blockedStatus, inspectedStatus, statusOf } from './buckets/status.ts'
export { clockOf, systemClock } from './clock.ts'
export type { FunctionTime } from './deadlines.ts'
export { functionTime, functionTimeoutMs } from './deadlines.ts'
export { type DecisionCounts, deciders, outcomes } from './decision-counts.ts'
export { decorateStore } from './decorate-store.ts'
export {
  SLUICE_ADDRESS,
  SLUICE_CHOICE,
  SLUICE_CLOSED,
  SLUICE_COST,
  SLUICE_FUNCTION,
  SLUICE_LIMIT_NAME,
  SLUICE_LIMIT_TWICE,
  SLUICE_LIMIT_UNKNOWN,
  SLUICE_LIMITS_EMPTY,
  SLUICE_LIMITS_MANY,
  SLUICE_OPTION_TYPE,
  SLUICE_POLICY_SOURCE,
  SLUICE_PREFIX,
  SLUICE_RULE,
  SLUICE_STORE,
  SLUICE_STORE_UNSENT,
} from './errors.ts'
export { hashText } from './hash.ts'
export { encodeListedKey, parseKey } from './key.ts'
export type { BucketState, BucketStatus, Pace, RuleNumbers } from './kind.ts'
export { bucketKind, isCountingRule, ruleKind, ruleOf } from './kind.ts'
export { unavailable } from './limiter/answer.ts'
export { checkCondition, isUnitsByName } from './limiter/call-options.ts'
export { type KeysOption, keysOfPeek, type RequestOption, unlimitedOfPeek } from './limiter/decision-event.ts'
export { limiterIn } from './limiter/limiter.ts'
export { limiterGroup, standsFor, storeOf } from './limiter/limiter-store.ts'
export { debitedAfter } from './limiter/reservation.ts'
export { checkCostFits, checkRule } from './limiter/start-checks.ts'
export { andThen, isPromise } from './maybe-promise.ts'
export { checkOptions, didYouMean, isForever, oneOf, optionalOf, parseDuration } from './options.ts'
export { halfDrawn } from './outage/breaker.ts'
export { inTime } from './outage/in-time.ts'
export { decideLaterStage } from './outage/later-stage.ts'
export { guardStore } from './outage/outage.ts'
export { outageCause } from './outage/outage-cause.ts'
export { reasonOf } from './redact.ts'
export { type CallWithRequest, requestOfCall } from './request-of-call.ts'
export { burstMaxKind } from './rules/burst-max/burst-max.ts'
export { concurrencyKind } from './rules/concurrency/concurrency.ts'
export type { SlotsHeld } from './rules/concurrency/slots.ts'
export { slotStatusOf } from './rules/concurrency/slots.ts'
export { windowsAround, windowsBegun } from './rules/fixed-window/calendar.ts'
export { calendarWindowKind } from './rules/fixed-window/calendar-window.ts'
export { firstWindowKind } from './rules/fixed-window/first-window.ts'
export { guaranteedStatusOf } from './rules/guaranteed/decide-guaranteed.ts'
export type { GuaranteedRule } from './rules/guaranteed/guaranteed.ts'
export { isGuaranteed } from './rules/guaranteed/guaranteed.ts'
export { guaranteedKind } from './rules/guaranteed/guaranteed-kind.ts'
export { lifetimeQuotaKind } from './rules/lifetime/lifetime-quota.ts'
export { resolveShare } from './rules/share/share.ts'
export { slidingLogKind } from './rules/sliding-window/sliding-log.ts'
export { slidingWindowKind } from './rules/sliding-window/sliding-window.ts'
export { tokenBucketKind } from './rules/token-bucket/token-bucket.ts'
export type { CodesOf, CodeText } from './sluice-error.ts'
export { asFault, forStrangers, withText } from './sluice-error.ts'
export { storeError } from './store.ts'
export { checkVersion, errorsOf } from './version.ts'
export { warnOnce } from './warn.ts'
export { hasFunctions, watchedLimiters, watchedProviders, watchedStores, wrongSource } from './watched-sources.ts'
export { wholeNumber } from './whole-number.ts'
