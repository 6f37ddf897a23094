/** Binding for Express's requests. */
import { type Bind, bind as bindRequest } from '@sluice/http'
import type { Request } from 'express'

/** Binds a limiter of domain subjects to Express's requests; the subject `null` means that it does not apply. */
export const bind: Bind<Request> = bindRequest
