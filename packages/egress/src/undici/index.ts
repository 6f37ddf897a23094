export type { CallingOptions } from '../fetch/attempts.ts'
export { providerInterceptor } from './provider-interceptor.ts'
