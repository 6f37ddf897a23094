export { adaptive, addressKey, failuresOnly } from '@sluice/http'
export { bind } from './bind.ts'
export type { FastifyLimit, FastifyRoute, FastifySluice } from './options.ts'
export { default, sluice } from './plugin.ts'
