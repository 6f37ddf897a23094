export type { AdaptiveLimitOptions, AdaptiveServerOptions } from './adaptive/adaptive.ts'
export { adaptive } from './adaptive/adaptive.ts'
export type { AddressKeyOptions } from './address/address-key.ts'
export { addressKey } from './address/address-key.ts'
export { neverHasAddress, type ServerSocket } from './address/client-reader.ts'
export { trustedByExpress } from './address/express-trust.ts'
export type { Trust, TrustedProxies, TrustHeader, TrustHops } from './address/trust.ts'
export type { HttpCode } from './errors.ts'
export { SLUICE_EARLY_HEAD, SLUICE_TRUST_HOPS, SLUICE_TRUST_NO_HOPS, SLUICE_TRUST_PROXY, SLUICE_TWO_STORES } from './errors.ts'
export type { Adapter, Upload } from './guard/adapter.ts'
export type { Between, Plan, Route } from './guard/compile-route.ts'
export type { HttpSubject, StageSubject, Step } from './guard/core-limit.ts'
export { stepOf } from './guard/core-limit.ts'
export type { Guard } from './guard/guard.ts'
export { createGuard } from './guard/guard.ts'
export type { NodeHead } from './guard/node-head.ts'
export { keepFields } from './guard/node-head.ts'
export type { NodeResponse, NodeSocket } from './guard/node-response.ts'
export { upgradeFacts, whenEnded } from './guard/node-response.ts'
export type { RequestContext } from './guard/request-context.ts'
export { contextBehind } from './guard/request-context.ts'
export type { RequestLedger, Watch } from './guard/request-ledger.ts'
export type { StageCharge } from './guard/settle-response.ts'
export type { Stage } from './guard/stage.ts'
export type { DisclosedLimits } from './headers/disclosed-limits.ts'
export type { HeaderLine } from './headers/header-line.ts'
export type { HeaderPlan, HeaderPreset } from './headers/header-presets.ts'
export type { Framework, HttpFacts } from './http-facts.ts'
export { isCorsAnswer } from './http-facts.ts'
export type {
  Bind,
  Bound,
  HttpLimit,
  HttpOptions,
  RefusalStatus,
  RequestSluice,
  ResponseFacts,
  RouteOptions,
  Settle,
} from './http-limit.ts'
export { bind, checkCalled, failuresOnly } from './http-limit.ts'
export type { QuotaDocument, QuotaMinute, QuotaOfLimit, QuotaQueue, QuotaState } from './quota/quota-document.ts'
export type { QuotaAnswer, QuotaOptions } from './quota/quota-endpoint.ts'
export { quotaEndpoint } from './quota/quota-endpoint.ts'
export type { FaultAnswer } from './refusal/fault.ts'
export { faultAnswer, isFault } from './refusal/fault.ts'
export type { AnswerRefused, OwnAnswer, ResponseHead } from './refusal/own-answer.ts'
export { withoutBody, writeOwnHead } from './refusal/own-answer.ts'
export type { ProviderRefusalAnswer } from './refusal/provider-refusal.ts'
export { providerRefusalAnswer } from './refusal/provider-refusal.ts'
export type { Refusal } from './refusal/refusal.ts'
export type { BodyContent } from './refusal/refusal-body.ts'
