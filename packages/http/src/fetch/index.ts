export type { FetchGuard, FetchSluice } from './guard-fetch.ts'
export { guardFetch } from './guard-fetch.ts'
export { refusalResponse, withHeaders } from './web-response.ts'
export { whenAborted, whenSent } from './when-sent.ts'
