export type { DashboardCode } from './errors.ts'
export type { FaultFigures, LimitRates, OutageFigures, ProviderFigures } from './live/figures.ts'
export type { NamedKey } from './live/key-names.ts'
export type { BlockedKeyState, LiveState, PolicyState, RefusedKey } from './live/live-state.ts'
export type { LiveView } from './live/live-view.ts'
export { createLiveView } from './live/live-view.ts'
export type { PolicyChange } from './live/policy-change.ts'
export type { LiveSeries } from './live/process-figures.ts'
export type { SharedFigures } from './live/shared-figures.ts'
export type { LivePolicy, LiveProvider, LiveProviderEvent, LiveStore, LiveViewOptions } from './live/sources.ts'
export type { AuditEvent, OperatorVerb } from './operators/audit.ts'
export type { OperatorsAnswer, OperatorsPageOptions, OperatorsRequest } from './operators/endpoint.ts'
export { operatorsPageEndpoint } from './operators/endpoint.ts'
export type { Preview, PreviewRequest } from './operators/preview.ts'
export { previewOf } from './operators/preview.ts'
export type { ReadHeader } from './operators/same-origin.ts'
export type { Viewer } from './operators/stream.ts'
export type { LabelText, LimitLabel } from './page/facts.ts'
export type {
  Description,
  GuardQuotaPageOptions,
  PageAnswer,
  PageRequest,
  QuotaPageOptions,
  QuotaPageParts,
} from './quota-page-endpoint.ts'
export { quotaPageEndpoint } from './quota-page-endpoint.ts'
export type { QuotaTexts, Text } from './texts.ts'
export type { Translations } from './voice.ts'
