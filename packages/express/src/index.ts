export { adaptive, addressKey, failuresOnly } from '@sluice/http'
export { bind } from './bind.ts'
export { nodeSluice, sluice } from './middleware.ts'
export type { ExpressGuard, ExpressSluice, GuardedRequest, Middleware, Next, NodeGuard, NodeSluice } from './options.ts'
