/** Binding for Fastify's requests. */
import { type Bind, bind as bindRequest } from '@sluice/http'
import type { FastifyRequest } from 'fastify'

/** Binds a limiter of domain subjects to Fastify's requests; the subject `null` means that it does not apply. */
export const bind: Bind<FastifyRequest> = bindRequest
