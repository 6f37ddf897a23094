export type { DashboardCode } from './errors.ts'
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
