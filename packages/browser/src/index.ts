/** Reads quota headers in a page: where the caller stands, and a button that greys out at the limit. */
export type { BindOptions, Words } from './button.ts'
export type { Answered } from './fields.ts'
export { createQuota, type Quota, type QuotaOptions, type QuotaState } from './quota.ts'
