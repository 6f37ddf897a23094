export { adaptive, addressKey, failuresOnly } from '@sluice/http'
export type { FastifyLimit, FastifyRoute, FastifySluice } from './options.ts'
export { bind } from './options.ts'
export { default, sluice } from './plugin.ts'
