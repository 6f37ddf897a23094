/** Clients that we did not write, against the example of Fastify. */
import { describeClients } from './describe-clients.ts'

describeClients('fastify')
