export type { Allowed, Decision, DecisionBase, Impossible, Limited, LimitStatus, Refused, Unavailable } from './decision.ts'
export { SluiceError } from './errors.ts'
export type { Facts, SluiceCode } from './errors.ts'
