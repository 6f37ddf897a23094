export type { AdaptiveBounds, AdaptiveCapacity, AdaptiveOptions, AimdOptions, Gradient2Options } from './adaptive/adaptive-capacity.ts'
export { adaptiveCapacity } from './adaptive/adaptive-capacity.ts'
export type { CapacitySample } from './adaptive/adaptive-sample.ts'
export type { Ban, BanBucket, BanOptions, BanRule, BanTerms } from './ban-kind.ts'
export { ban } from './bans/ban.ts'
export type { Clock, Micros } from './clock.ts'
export type { Allowed, Decision, DecisionBase, Impossible, Limited, LimitStatus, Refused, Unavailable } from './decision.ts'
export type { HashedPart, Key, KeyPart, ListedKey, ListedPart } from './key.ts'
export { everyone, skip, unlimited } from './key.ts'
export type { CountingRule, Rule } from './kind.ts'
export type { Answer, Fn, Limit, LimitBase, Mode, OnOutage } from './limit.ts'
export { limit } from './limit.ts'
export type { Cached, CachedOptions } from './limiter/cached.ts'
export { cached } from './limiter/cached.ts'
export type { Cost, Signal } from './limiter/call-options.ts'
export { createLimiter } from './limiter/limiter.ts'
export type { Admin, Banned, CallOptions, Limiter, LimiterOptions, SyncLimiter, UpdateOptions } from './limiter/limiter-contract.ts'
export { checkLimits } from './limiter/policy.ts'
export type { Reservation, SyncReservation } from './limiter/reservation.ts'
export type { Grant, UpToOptions } from './limiter/up-to.ts'
export type {
  BanEvent,
  CallReport,
  DecidedLimit,
  DecidedRequest,
  DecisionEvent,
  DecisionVerb,
  DelayEvent,
  FaultEvent,
  LimiterEvent,
  LimitOutcome,
  OutageEvent,
  SettledEvent,
  StoreCallEvent,
  StoreEvent,
  StoreVerb,
} from './limiter-event.ts'
export type { LockedStoreOptions } from './locked/locked-store.ts'
export { lockedStore } from './locked/locked-store.ts'
export type { ChangedRow, StoredRow } from './locked/row-buckets.ts'
export type { DecideRows, RowKeys } from './locked/transact.ts'
export type { MaybePromise } from './maybe-promise.ts'
export type { MemoryUsage } from './memory/memory-buckets.ts'
export type { MemoryStore, MemoryStoreOptions } from './memory/memory-store.ts'
export { memoryStore } from './memory/memory-store.ts'
export type { Observe, ObserveOptions } from './observe.ts'
export type { BlockDuration, Duration } from './options.ts'
export type { OutageOptions } from './outage/outage.ts'
export { surviveOutages } from './outage/outage.ts'
export type { BurstMaxOptions, BurstMaxRule } from './rules/burst-max/burst-max.ts'
export { burstMax } from './rules/burst-max/burst-max.ts'
export type { ConcurrencyOptions } from './rules/concurrency/concurrency.ts'
export { concurrency } from './rules/concurrency/concurrency.ts'
export type { ConcurrencyRule } from './rules/concurrency/slots.ts'
export type { CalendarPeriod } from './rules/fixed-window/calendar.ts'
export type { CalendarWindowRule } from './rules/fixed-window/calendar-window.ts'
export type { FirstWindowRule } from './rules/fixed-window/first-window.ts'
export type { CalendarWindowOptions, FixedWindowOptions } from './rules/fixed-window/fixed-window.ts'
export { fixedWindow } from './rules/fixed-window/fixed-window.ts'
export { guaranteedShareOf } from './rules/guaranteed/guaranteed-share.ts'
export type { LifetimeQuotaOptions, LifetimeQuotaRule } from './rules/lifetime/lifetime-quota.ts'
export { lifetimeQuota } from './rules/lifetime/lifetime-quota.ts'
export type { ShareRule } from './rules/share/share.ts'
export { shareOf } from './rules/share/share.ts'
export type { SlidingLogRule } from './rules/sliding-window/sliding-log.ts'
export type { SlidingWindowOptions, SlidingWindowRule } from './rules/sliding-window/sliding-window.ts'
export { slidingWindow } from './rules/sliding-window/sliding-window.ts'
export type { TokenBucketOptions, TokenBucketRule } from './rules/token-bucket/token-bucket.ts'
export { tokenBucket } from './rules/token-bucket/token-bucket.ts'
export type { ErrorText, Facts, SluiceCode, SluiceCodes } from './sluice-error.ts'
export { SluiceError } from './sluice-error.ts'
export type {
  BlockedKey,
  Call,
  Charge,
  FastPath,
  FixedCharge,
  HeldCharge,
  Hold,
  LimitFacts,
  Migrate,
  Settled,
  Store,
  SyncStore,
  Terms,
  Verdict,
} from './store.ts'
